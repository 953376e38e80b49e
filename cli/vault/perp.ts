import { formatEther, parseEther } from "ethers";

import { gmxHedgeContract } from "../../sdk/chain/contracts.ts";
import { hedgeKindOf } from "../../sdk/policy/hedges.ts";
import type { GmxV2Hedge } from "../../types/contracts/hedges/GmxV2Hedge.sol/GmxV2Hedge.ts";
import { displayNumber } from "../output.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { PerpOptions } from "../vaultOptions.ts";
import { connectVault, toAddress, type VaultConnection } from "./connection.ts";
import { type Call, isConfirmed, send, simulate } from "./send.ts";
import { selectAccount } from "./signer.ts";
import { readVaultTokens } from "./tokens.ts";

/** Execution fee that is sent along, over what it would be at the gas price of now: what is not used goes to the receiver. */
const FEE_MARGIN_PERCENT = 150n;

/** What anyone may do at a vault's perpetual. */
export type PerpAction = "cancel-order" | "pay-exit" | "claim-funding" | "fund";

/** Shows what a call at the vault's perpetual would do and, with --yes, makes it. Nobody needs a role for any of them. */
export async function runPerp(action: PerpAction, options: PerpOptions, context: CommandContext): Promise<void> {
  const connection = await connectVault(options, context);
  const { contract } = await readVaultTokens(connection);
  const hedge = await findPerp(connection, await contract.hedges());
  const account = await selectAccount(options, connection.chainId, context);
  const { call, words } = await prepare(action, options, connection, hedge, account.address);
  const result = { sent: false, vault: connection.vault, account: account.address, hedge: call.to, action };
  const value = formatEther(call.value ?? 0n);
  if (!options.json) {
    context.output.pairs(`${words} at ${call.to} on chain ${connection.chainId}`, [
      ["from", account.address],
      ["sends", `${displayNumber(Number(value), 6)} ETH`],
    ]);
  }
  if (!isConfirmed(connection, options, { ...result, value }, context)) return;
  await simulate(connection, account.address, call);
  const receipt = await send(connection, account, call, context);
  if (options.json) context.output.json({ ...result, sent: true, value, transaction: receipt.hash });
  else context.output.line(`\nDone. ${call.what}: ${receipt.hash}`);
}

async function prepare(
  action: PerpAction,
  options: PerpOptions,
  { provider }: VaultConnection,
  hedge: GmxV2Hedge,
  account: string,
): Promise<{ readonly call: Call; readonly words: string }> {
  const to = await hedge.getAddress();
  const encode = hedge.interface;
  switch (action) {
    case "cancel-order":
      return {
        words: "Cancel the order that waits past its time",
        call: { what: "cancellation of the order", to, data: encode.encodeFunctionData("cancelStale") },
      };
    case "claim-funding":
      return {
        words: "Claim the funding that longs paid, for the vault",
        call: { what: "claim of funding", to, data: encode.encodeFunctionData("claimFunding") },
      };
    case "fund":
      return {
        words: "Pay ETH for execution fees",
        call: { what: "payment for execution fees", to, data: "0x", value: parseWei(options.amount ?? "") },
      };
    case "pay-exit": {
      const receiver = options.receiver === undefined ? account : toAddress("--receiver", options.receiver);
      if ((await hedge.owedTo(receiver)) === 0n)
        throw new UsageError(
          `Nothing of the position is owed to ${receiver}. Who left in kind is owed a part: hedgerow exit.`,
        );
      const { gasPrice } = await provider.getFeeData();
      if (gasPrice === null) throw new UsageError("The node names no gas price. Try another one with --rpc.");
      const value = ((await hedge.executionFeeWei(false, gasPrice)) * FEE_MARGIN_PERCENT) / 100n;
      return {
        words: `Order the part of the position that is owed to ${receiver}`,
        call: { what: "order of the exit", to, data: encode.encodeFunctionData("payExit", [receiver]), value },
      };
    }
  }
}

async function findPerp({ provider, vault }: VaultConnection, hedges: readonly string[]): Promise<GmxV2Hedge> {
  for (const address of hedges) {
    const hedge = gmxHedgeContract(address, provider);
    if (hedgeKindOf({ venue: await hedge.venue() }) === "perp") return hedge;
  }
  throw new UsageError(`Vault ${vault} has no perpetual: its hedges settle at once.`);
}

function parseWei(amount: string): bigint {
  try {
    const wei = parseEther(amount);
    if (wei > 0n) return wei;
  } catch {
    // said below
  }
  throw new UsageError(`--amount ${amount} is no amount of ETH. Give one above zero, e.g. --amount 0.05.`);
}
