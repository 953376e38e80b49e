import { displayAmount, formatAmount, parseAmount } from "../amount.ts";
import type { RedeemOptions } from "../vaultOptions.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import { connectVault, toAddress } from "./connection.ts";
import { explain, isConfirmed, readOutcome, send, simulate } from "./send.ts";
import { selectAccount } from "./signer.ts";
import { readVaultTokens } from "./tokens.ts";

/** Gas of settling a few requests. The vault catches a failed settlement, so no estimate accounts for it. */
const SETTLEMENT_GAS = 4_000_000n;

/** Shows what a request would do and, with --yes, makes it and tells whether it settled at once. */
export async function runRedeem(options: RedeemOptions, context: CommandContext): Promise<void> {
  const connection = await connectVault(options, context);
  const tokens = await readVaultTokens(connection);
  const { contract, quote, share } = tokens;
  const account = await selectAccount(options, connection.chainId, context);
  const controller = options.controller === undefined ? account.address : toAddress("--controller", options.controller);
  const balance = await contract.balanceOf(account.address);
  const isAll = options.shares.trim().toLowerCase() === "all";
  if (isAll && balance === 0n) throw new UsageError(`The account ${account.address} holds no shares of this vault.`);
  const shares = isAll ? balance : parseAmount(options.shares, share.decimals, share.symbol);
  const show = (units: bigint): string => `${displayAmount(units, share.decimals, 6)} ${share.symbol}`;
  if (shares > balance) {
    throw new UsageError(
      `The account ${account.address} holds ${show(balance)}, less than ${show(shares)}. Redeem less, or "all".`,
    );
  }

  const data = contract.interface.encodeFunctionData("requestRedeem", [shares, controller, account.address]);
  const call = { what: "request", to: connection.vault, data, extraGas: SETTLEMENT_GAS };
  await simulate(connection, account.address, call);
  // Unknown without a price; a request needs none.
  const value = await contract.convertToAssets(shares).catch(() => undefined);
  const result = {
    sent: false,
    vault: connection.vault,
    account: account.address,
    controller,
    shares: formatAmount(shares, share.decimals),
    balance: formatAmount(balance, share.decimals),
    value: value === undefined ? null : formatAmount(value, quote.decimals),
  };
  if (!options.json) {
    const worth =
      value === undefined
        ? "unknown: the oracle has no price"
        : `${displayAmount(value, quote.decimals)} ${quote.symbol}`;
    context.output.pairs(`Redeem from ${connection.vault} on chain ${connection.chainId}`, [
      ["from", `${account.address}, which holds ${show(balance)}`],
      ["shares", show(shares)],
      ["value", `${worth} before the cost of unwinding, which the leaver bears`],
      ["proceeds to", controller],
    ]);
  }
  if (!isConfirmed(connection, options, result, context)) return;

  const receipt = await send(connection, account, call, context);
  const requested = readOutcome(connection, contract, receipt, "RedeemRequest");
  const requestId = requested["requestId"] as bigint;
  let pending: bigint;
  let claimable: bigint;
  try {
    pending = await contract.pendingRedeemRequest(requestId, controller);
    claimable = await contract.maxWithdraw(controller);
  } catch (error) {
    throw explain(error, `The request ${requestId} was made, but its state cannot be read`);
  }
  const isSettled = pending === 0n;
  if (options.json) {
    context.output.json({
      ...result,
      sent: true,
      transaction: receipt.hash,
      requestId,
      settled: isSettled,
      claimable: formatAmount(claimable, quote.decimals),
    });
    return;
  }
  const amount = `${displayAmount(claimable, quote.decimals)} ${quote.symbol}`;
  context.output.line(
    isSettled
      ? `\nRequest ${requestId} settled at once. ${amount} can be claimed: hedgerow claim.`
      : `\nRequest ${requestId} waits in the queue; anyone may settle it once oracle and venues allow. Then: hedgerow claim. Or: hedgerow cancel, hedgerow exit.`,
  );
}
