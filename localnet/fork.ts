import { FetchRequest } from "ethers";
import hre from "hardhat";

import { toQuantity } from "./rpc.ts";

/** A private copy of the chain behind a node; what is done to it stays in this process. */
export interface Fork {
  request(args: { readonly method: string; readonly params?: readonly unknown[] | object }): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * Forks the chain behind a node at its newest block.
 *
 * @param url JSON-RPC over HTTP.
 * @param chainId Of the node: what signs for a chain asks for it.
 */
export async function forkNode(url: string, chainId: number): Promise<Fork> {
  const blockNumber = await readBlockNumber(url);
  const connection = await hre.network.create({
    network: "twin",
    chainType: "l1",
    // Left to itself the fork of a public chain begins some blocks back, where what was just done is not done yet.
    override: { chainId, forking: { enabled: true, url, blockNumber } },
  });
  const { provider } = connection;
  const request: Fork["request"] = ({ method, params }) => provider.request({ method, params: params ?? [] });
  // One block of its own, a second later: not every chain's rules for the forked block itself are known, and the clock would
  // otherwise jump to that of this machine, which makes feeds stale.
  const latest = (await request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as {
    timestamp: string;
  };
  await request({ method: "evm_setNextBlockTimestamp", params: [toQuantity(BigInt(latest.timestamp) + 1n)] });
  await request({ method: "evm_mine" });
  return { request, close: () => connection.close() };
}

async function readBlockNumber(url: string): Promise<number> {
  const request = new FetchRequest(url);
  request.body = { jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] };
  const { result } = (await request.send()).bodyJson as { readonly result: string };
  return Number(result);
}
