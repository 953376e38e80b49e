import { erc20Contract, erc20Interface } from "../../sdk/chain/contracts.ts";
import { displayAmount, formatAmount, parseAmount } from "../amount.ts";
import type { ExitOptions } from "../vaultOptions.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import { connectVault, toAddress } from "./connection.ts";
import { isConfirmed, readOutcome, send, simulate } from "./send.ts";
import { selectAccount } from "./signer.ts";
import { readVaultTokens } from "./tokens.ts";

/** Shows whether a waiting request may leave in kind and, with --yes, leaves with its part of everything. */
export async function runExit(options: ExitOptions, context: CommandContext): Promise<void> {
  const connection = await connectVault(options, context);
  const { provider, vault: to } = connection;
  const { contract, quote, share } = await readVaultTokens(connection);
  const account = await selectAccount(options, connection.chainId, context);
  const receiver = options.receiver === undefined ? account.address : toAddress("--receiver", options.receiver);
  const request = BigInt(options.request);
  const [{ base: baseAddress }, pending, { exitOpensAt }, windDown, block] = await Promise.all([
    contract.pair(),
    contract.pendingRedeemRequest(request, account.address),
    contract.requestOf(request),
    contract.windDown(),
    provider.getBlock("latest"),
  ]);
  if (pending === 0n) {
    throw new UsageError(`Request ${request} waits for nothing of ${account.address}: see hedgerow claim and redeem.`);
  }
  const opensAt = new Date(Number(exitOpensAt) * 1_000).toISOString();
  const isOpen = windDown || Number(exitOpensAt) <= (block?.timestamp ?? 0);
  const token = erc20Contract(baseAddress, provider);
  const [symbol, decimals, allowance] = await Promise.all([
    token.symbol(),
    token.decimals(),
    token.allowance(account.address, to),
  ]);
  const bringsNothing = Number(options.maxBaseIn) === 0;
  const maxBaseIn = bringsNothing ? 0n : parseAmount(options.maxBaseIn, Number(decimals), symbol);
  const leaveHedges = (options.leaveHedges ?? []).reduce((mask, index) => mask | (1n << BigInt(index)), 0n);
  const result = {
    sent: false,
    vault: to,
    account: account.address,
    requestId: request,
    receiver,
    shares: formatAmount(pending, share.decimals),
    open: isOpen,
    opensAt,
    maxBaseIn: formatAmount(maxBaseIn, Number(decimals)),
  };
  if (!options.json) {
    context.output.pairs(`Leave in kind with request ${request} at ${to} on chain ${connection.chainId}`, [
      ["for", `${account.address}, ${displayAmount(pending, share.decimals, 6)} ${share.symbol}`],
      ["open", isOpen ? "now" : `from ${opensAt}`],
      ["brings", `at most ${displayAmount(maxBaseIn, Number(decimals), 6)} ${symbol}, where the short is larger`],
      ["proceeds to", receiver],
    ]);
  }
  if (!isConfirmed(connection, options, result, context)) return;

  if (!isOpen)
    throw new UsageError(`Request ${request} may leave in kind from ${opensAt}. Until then: hedgerow cancel.`);
  if (allowance < maxBaseIn) {
    const data = erc20Interface.encodeFunctionData("approve", [to, maxBaseIn]);
    await send(connection, account, { what: "approval", to: baseAddress, data }, context);
  }
  const data = contract.interface.encodeFunctionData("exitInKind", [request, receiver, maxBaseIn, leaveHedges]);
  const call = { what: "exit in kind", to, data };
  await simulate(connection, account.address, call);
  const receipt = await send(connection, account, call, context);
  const exited = readOutcome(connection, contract, receipt, "ExitedInKind");
  const [baseIn, baseOut, quoteOut] = ["baseIn", "baseOut", "quoteOut"].map((name) => exited[name] as bigint) as [
    bigint,
    bigint,
    bigint,
  ];
  if (options.json) {
    context.output.json({
      ...result,
      sent: true,
      transaction: receipt.hash,
      baseIn: formatAmount(baseIn, Number(decimals)),
      baseOut: formatAmount(baseOut, Number(decimals)),
      quoteOut: formatAmount(quoteOut, quote.decimals),
    });
    return;
  }
  context.output.line(
    `\nLeft. ${receiver} received ${displayAmount(quoteOut, quote.decimals)} ${quote.symbol} and ` +
      `${displayAmount(baseOut, Number(decimals), 6)} ${symbol}; ${displayAmount(baseIn, Number(decimals), 6)} ${symbol} was brought.`,
  );
}
