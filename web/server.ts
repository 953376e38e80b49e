import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";

import type { DashboardState } from "./state.ts";

const LOCALHOST = "127.0.0.1";
const PAGE = path.join(import.meta.dirname, "index.html");
const ECHARTS = path.join(
  path.dirname(createRequire(import.meta.url).resolve("echarts/package.json")),
  "dist",
  "echarts.min.js",
);
/** The page is its own only source: nothing is loaded from, or sent to, anywhere else. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:";

export interface DashboardOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Called for every poll of the page. */
  readonly readState: () => DashboardState;
}

export interface Dashboard {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the dashboard to this machine only.
 *
 * Rejects with the system's error when the port is taken.
 *
 * @example
 * const dashboard = await startDashboard({ port: 0, readState: () => state });
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const [page, echarts] = await Promise.all([readFile(PAGE), readFile(ECHARTS)]);
  const server = createServer((request, response) => {
    answer(request, response, {
      "/": { type: "text/html; charset=utf-8", read: () => page },
      "/echarts.min.js": { type: "text/javascript; charset=utf-8", read: () => echarts },
      "/state.json": { type: "application/json; charset=utf-8", read: () => JSON.stringify(options.readState()) },
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, LOCALHOST, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${LOCALHOST}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Pages that poll keep their connections open.
        server.closeAllConnections();
      }),
  };
}

interface Resource {
  readonly type: string;
  readonly read: () => string | Buffer;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  resources: Readonly<Record<string, Resource>>,
): void {
  const fail = (status: number, text: string): void => {
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
  };
  // A foreign site may point its own name at this address; only requests that name this machine are answered.
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  if (host !== LOCALHOST && host !== "localhost") return fail(403, "Forbidden");
  if (request.method !== "GET" && request.method !== "HEAD") return fail(405, "Method not allowed");
  const { pathname } = new URL(request.url ?? "/", `http://${LOCALHOST}`);
  const resource = Object.hasOwn(resources, pathname) ? resources[pathname] : undefined;
  if (resource === undefined) return fail(404, "Not found");
  response.writeHead(200, {
    "content-type": resource.type,
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : resource.read());
}
