import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { HedgerowError } from "../sdk/errors.ts";
import type { HealthStatus } from "./health.ts";
import { describeMetrics } from "./metrics.ts";

/** The port for health and metrics cannot be opened. */
export class HealthPortError extends HedgerowError {}

export interface HealthServer {
  /** http://host:port, with the port that was really given. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `/healthz` (200 or 503, the whole status as JSON) and `/metrics` (Prometheus text), and nothing else.
 *
 * Throws HealthPortError when the port is taken. Port 0 takes any free one.
 */
export async function serveHealth(host: string, port: number, status: () => HealthStatus): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const reply = (code: number, type: string, body: string): void => {
      response.writeHead(code, { "content-type": type, "cache-control": "no-store" }).end(body);
    };
    if (request.method !== "GET") return reply(405, "text/plain", "GET only\n");
    if (request.url === "/metrics") return reply(200, "text/plain; version=0.0.4", describeMetrics(status()));
    if (request.url !== "/healthz") return reply(404, "text/plain", "/healthz or /metrics\n");
    const current = status();
    return reply(current.healthy ? 200 : 503, "application/json", `${JSON.stringify(current)}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        new HealthPortError(
          `healthPort ${port} cannot be opened on ${host} (${error.code ?? error.message}). Set another.`,
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
