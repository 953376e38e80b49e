import { displayAmount, formatAmount } from "../amount.ts";
import type { ClaimOptions } from "../vaultOptions.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import { connectVault, toAddress } from "./connection.ts";
import { isConfirmed, send } from "./send.ts";
import { selectAccount } from "./signer.ts";
import { readVaultTokens } from "./tokens.ts";

/** Shows what can be claimed and, with --yes, claims it. */
export async function runClaim(options: ClaimOptions, context: CommandContext): Promise<void> {
  const connection = await connectVault(options, context);
  const { contract, quote, share } = await readVaultTokens(connection);
  const account = await selectAccount(options, connection.chainId, context);
  const receiver = options.receiver === undefined ? account.address : toAddress("--receiver", options.receiver);
  const [shares, assets] = await Promise.all([
    contract.maxRedeem(account.address),
    contract.maxWithdraw(account.address),
  ]);
  if (shares === 0n) {
    throw new UsageError(
      `There is nothing to claim for ${account.address}: no redemption of this account is settled and unclaimed.`,
    );
  }

  const amount = `${displayAmount(assets, quote.decimals, quote.decimals)} ${quote.symbol}`;
  const result = {
    sent: false,
    vault: connection.vault,
    account: account.address,
    receiver,
    shares: formatAmount(shares, share.decimals),
    assets: formatAmount(assets, quote.decimals),
  };
  if (!options.json) {
    context.output.pairs(`Claim from ${connection.vault} on chain ${connection.chainId}`, [
      ["for", account.address],
      ["amount", `${amount} to ${receiver}`],
    ]);
  }
  if (!isConfirmed(connection, options, result, context)) return;

  const data = contract.interface.encodeFunctionData("redeem", [shares, receiver, account.address]);
  const receipt = await send(connection, account, { what: "claim", to: connection.vault, data }, context);
  if (options.json) context.output.json({ ...result, sent: true, transaction: receipt.hash });
  else context.output.line(`\nClaimed. ${receiver} received ${amount}.`);
}
