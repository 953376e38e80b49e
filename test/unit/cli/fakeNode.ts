import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a method, or throws to answer with an error. */
export type FakeMethod = (params: readonly unknown[]) => unknown;

/** A JSON-RPC server that knows the methods it is given, and remembers what was asked. */
export interface FakeNode {
  readonly url: string;
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export async function startFakeNode(methods: Readonly<Record<string, FakeMethod>>): Promise<FakeNode> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString()) as {
        id: number;
        method: string;
        params: unknown[];
      };
      asked.push(method);
      const answer = methods[method];
      const body =
        answer === undefined
          ? { error: { code: -32_601, message: `no method ${method}` } }
          : { result: answer(params) };
      response.setHeader("content-type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id, ...body }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
