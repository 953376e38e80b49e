import { erc20Contract, erc20Interface } from "../../sdk/chain/contracts.ts";
import { displayAmount, formatAmount, parseAmount } from "../amount.ts";
import type { DepositOptions } from "../vaultOptions.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../errors.ts";
import { connectVault, toAddress } from "./connection.ts";
import type { VaultConnection } from "./connection.ts";
import { explain, isConfirmed, readOutcome, send } from "./send.ts";
import type { Call } from "./send.ts";
import { selectAccount } from "./signer.ts";
import { readVaultTokens } from "./tokens.ts";
import type { VaultTokens } from "./tokens.ts";

/** What a deposit would do, read at the newest block; amounts in token units. */
interface DepositPreview {
  readonly assets: bigint;
  readonly shares: bigint;
  readonly balance: bigint;
  readonly allowance: bigint;
}

/** Shows what a deposit would do and, with --yes, does it: the exact allowance first, then the deposit. */
export async function runDeposit(options: DepositOptions, context: CommandContext): Promise<void> {
  const connection = await connectVault(options, context);
  const tokens = await readVaultTokens(connection);
  const { quote, share } = tokens;
  const assets = parseAmount(options.amount, quote.decimals, quote.symbol);
  const account = await selectAccount(options, connection.chainId, context);
  const receiver = options.receiver === undefined ? account.address : toAddress("--receiver", options.receiver);
  const preview = await previewDeposit(connection, tokens, account.address, assets);

  const result = {
    sent: false,
    vault: connection.vault,
    account: account.address,
    receiver,
    assets: formatAmount(assets, quote.decimals),
    sharesExpected: formatAmount(preview.shares, share.decimals),
    balance: formatAmount(preview.balance, quote.decimals),
    allowance: formatAmount(preview.allowance, quote.decimals),
  };
  if (!options.json) {
    context.output.pairs(`Deposit into ${connection.vault} on chain ${connection.chainId}`, [
      ["from", `${account.address}, which holds ${displayAmount(preview.balance, quote.decimals)} ${quote.symbol}`],
      ["amount", `${displayAmount(assets, quote.decimals, quote.decimals)} ${quote.symbol}`],
      [
        "shares",
        `${displayAmount(preview.shares, share.decimals, 6)} ${share.symbol} to ${receiver}, at the price of now`,
      ],
      ["allowance", describeAllowance(preview, tokens)],
    ]);
  }
  if (!isConfirmed(connection, options, result, context)) return;

  for (const call of approvals(preview, tokens, connection.vault)) await send(connection, account, call, context);
  const data = tokens.contract.interface.encodeFunctionData("deposit", [assets, receiver]);
  const receipt = await send(connection, account, { what: "deposit", to: connection.vault, data }, context);
  const deposited = readOutcome(connection, tokens.contract, receipt, "Deposit");
  const shares = deposited["shares"] as bigint;
  if (options.json) {
    context.output.json({
      ...result,
      sent: true,
      transaction: receipt.hash,
      shares: formatAmount(shares, share.decimals),
    });
  } else {
    context.output.line(
      `\nDeposited. ${receiver} received ${displayAmount(shares, share.decimals, 6)} ${share.symbol}.`,
    );
  }
}

async function previewDeposit(
  connection: VaultConnection,
  { contract, quote }: VaultTokens,
  account: string,
  assets: bigint,
): Promise<DepositPreview> {
  const token = erc20Contract(quote.address, connection.provider);
  const [balance, allowance, limit] = await Promise.all([
    token.balanceOf(account),
    token.allowance(account, connection.vault),
    contract.maxDeposit(account),
  ]);
  const show = (units: bigint): string => `${displayAmount(units, quote.decimals, quote.decimals)} ${quote.symbol}`;
  let shares: bigint;
  try {
    shares = await contract.previewDeposit(assets);
  } catch (error) {
    throw explain(error, "The vault takes no deposits now");
  }
  if (assets > limit) throw new UsageError(`The vault takes at most ${show(limit)} now. Deposit less, or wait.`);
  if (assets > balance)
    throw new UsageError(`The account ${account} holds ${show(balance)}, less than ${show(assets)}. Deposit less.`);
  return { assets, shares, balance, allowance };
}

function describeAllowance({ allowance, assets }: DepositPreview, { quote }: VaultTokens): string {
  const amount = `${displayAmount(allowance, quote.decimals)} ${quote.symbol}`;
  return allowance >= assets
    ? `${amount}, enough`
    : `${amount}, too little: a first transaction allows exactly the amount`;
}

/** Some tokens refuse to change an allowance that is not zero, so what is left of an older one goes first. */
function approvals({ allowance, assets }: DepositPreview, { quote }: VaultTokens, vault: string): readonly Call[] {
  if (allowance >= assets) return [];
  const amounts = allowance === 0n ? [assets] : [0n, assets];
  return amounts.map((amount) => ({
    what: amount === 0n ? "reset of the allowance" : "approval",
    to: quote.address,
    data: erc20Interface.encodeFunctionData("approve", [vault, amount]),
  }));
}
