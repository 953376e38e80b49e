// A node on 127.0.0.1 that looks like Sepolia to a deployment: its chain id, the venues' contracts at Sepolia's addresses, a
// block every second by the wall clock, transactions that wait for it. `node scripts/rehearse/node.ts ADDRESS=ROLE …` prints
// one JSON line with its URL and runs until it is killed. A "deployer" gets ETH, a "depositor" ETH and USDC, a "keeper" ETH.

import { getAddress, parseEther, parseUnits } from "ethers";

import { releaseBlockRules } from "../../localnet/blockRules.ts";
import { serveTwin } from "../../localnet/serve.ts";
import { SEPOLIA_CHAIN_ID } from "./sepolia.ts";

/** Like the blocks of the chain that it stands for, only faster. */
const BLOCK_MS = Number(process.env["HEDGEROW_REHEARSAL_BLOCK_MS"] ?? 1_000);
const SHALLOW = [
  { rangeFactor: "full", valueQuote: 2_000_000 },
  { rangeFactor: 1.5, valueQuote: 4_000_000 },
] as const;

const { url, twin } = await serveTwin({
  site: "sepolia",
  chainId: SEPOLIA_CHAIN_ID,
  allowBlocksWithSameTimestamp: true,
  startTimestampSeconds: Math.floor(Date.now() / 1_000),
  liquidity: SHALLOW,
});
for (const argument of process.argv.slice(2)) {
  const [address = "", role = ""] = argument.split("=");
  const usdc = role === "depositor" ? parseUnits("10000", 6) : 0n;
  await twin.fund(getAddress(address), { eth: parseEther("1"), usdc });
}
releaseBlockRules(twin.connection);
await twin.rpc.request("evm_setAutomine", [false]);
await twin.rpc.request("evm_setIntervalMining", [BLOCK_MS]);
process.stdout.write(`${JSON.stringify({ url })}\n`);

// Nobody is left to talk to once whoever started it was killed.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, 1_000).unref();
