import { Interface, type JsonRpcProvider, type Result } from "ethers";

import { readRpcFailure } from "../../../keeper/rpcErrors.ts";

type Node = Pick<JsonRpcProvider, "send" | "call">;

const interfaces = new Map<string, Interface>();

/**
 * Answer of a view by its human-readable signature; undefined when the contract has no such function, reverts or answers
 * something else. Throws when the node does not answer.
 *
 * @example
 * await readView(rpc, pool, "function liquidity() view returns (uint128)"); // [123n]
 */
export async function readView(
  rpc: Node,
  to: string,
  signature: string,
  args: readonly unknown[] = [],
): Promise<Result | undefined> {
  const known = interfaces.get(signature) ?? new Interface([signature]);
  interfaces.set(signature, known);
  const [fragment] = known.fragments;
  const name = /function (\w+)/.exec(signature)?.[1] ?? "";
  if (fragment === undefined) throw new RangeError(`${signature} is no function.`);
  let answer: string;
  try {
    answer = await rpc.call({ to, data: known.encodeFunctionData(name, args) });
  } catch (error) {
    const failure = readRpcFailure(error);
    if (failure.kind === "reverted" || failure.data !== undefined) return undefined;
    throw error;
  }
  try {
    return known.decodeFunctionResult(name, answer);
  } catch {
    return undefined;
  }
}

/** Whether there is a contract. */
export async function hasCode(rpc: Node, at: string): Promise<boolean> {
  const code: unknown = await rpc.send("eth_getCode", [at, "latest"]);
  return typeof code === "string" && code !== "0x";
}

/** Time of the newest block in Unix seconds. */
export async function readBlockTime(rpc: Node): Promise<number> {
  const block = (await rpc.send("eth_getBlockByNumber", ["latest", false])) as { readonly timestamp: string };
  return Number(block.timestamp);
}
