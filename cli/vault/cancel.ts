import { displayAmount, formatAmount } from "../amount.ts";
import type { CancelOptions } from "../vaultOptions.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import { connectVault, toAddress } from "./connection.ts";
import { isConfirmed, send } from "./send.ts";
import { selectAccount } from "./signer.ts";
import { readVaultTokens } from "./tokens.ts";

/** Shows what a cancellation would bring back and, with --yes, cancels and takes the shares back. */
export async function runCancel(options: CancelOptions, context: CommandContext): Promise<void> {
  const connection = await connectVault(options, context);
  const { contract, share } = await readVaultTokens(connection);
  const account = await selectAccount(options, connection.chainId, context);
  const receiver = options.receiver === undefined ? account.address : toAddress("--receiver", options.receiver);
  const request = BigInt(options.request);
  const [pending, cancelled] = await Promise.all([
    contract.pendingRedeemRequest(request, account.address),
    contract.claimableCancelRedeemRequest(request, account.address),
  ]);
  const shares = pending + cancelled;
  if (shares === 0n) {
    throw new UsageError(
      `Request ${request} has nothing to cancel for ${account.address}: it is settled, gone, or somebody else's.`,
    );
  }
  const amount = `${displayAmount(shares, share.decimals, 6)} ${share.symbol}`;
  const result = {
    sent: false,
    vault: connection.vault,
    account: account.address,
    requestId: request,
    receiver,
    shares: formatAmount(shares, share.decimals),
  };
  if (!options.json) {
    context.output.pairs(`Cancel request ${request} at ${connection.vault} on chain ${connection.chainId}`, [
      ["for", account.address],
      ["shares", `${amount} back to ${receiver}`],
    ]);
  }
  if (!isConfirmed(connection, options, result, context)) return;

  const to = connection.vault;
  if (pending > 0n) {
    const data = contract.interface.encodeFunctionData("cancelRedeemRequest", [request, account.address]);
    await send(connection, account, { what: "cancellation", to, data }, context);
  }
  const data = contract.interface.encodeFunctionData("claimCancelRedeemRequest", [request, receiver, account.address]);
  const receipt = await send(connection, account, { what: "return of the shares", to, data }, context);
  if (options.json) context.output.json({ ...result, sent: true, transaction: receipt.hash });
  else context.output.line(`\nCancelled. ${receiver} has ${amount} back.`);
}
