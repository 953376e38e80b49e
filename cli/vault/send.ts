import type { Result, TransactionReceipt } from "ethers";

import { readRpcFailure } from "../../keeper/rpcErrors.ts";
import { describeRevert } from "../../sdk/chain/revert.ts";
import type { HedgedVault } from "../../types/contracts/HedgedVault.ts";
import type { VaultConnection } from "./connection.ts";
import type { CommandContext } from "../context.ts";
import { InterruptedError, UsageError, throwIfAborted } from "../errors.ts";
import type { Account } from "./signer.ts";

const RECEIPT_TIMEOUT_MS = 180_000;
/** On top of what the node estimates: state moves between the estimate and the block. */
const GAS_MARGIN_PERCENT = 20n;

/** One call that the user asked for. */
export interface Call {
  /** For messages: "deposit", "approval". */
  readonly what: string;
  readonly to: string;
  readonly data: string;
  /** Native coins to send along, in wei; none when left out. */
  readonly value?: bigint;
  /**
   * Gas beyond the estimate. A contract that catches the failure of an inner call lets a node estimate just enough gas for
   * that call to fail; this keeps it from starving.
   */
  readonly extraGas?: bigint;
}

/**
 * Whether the user wants what was shown to be sent. Without --yes nothing is: the result goes out as JSON, or a line says how to
 * go on.
 *
 * Throws {@link UsageError} where it would be sent to a chain that nobody named.
 */
export function isConfirmed(
  connection: VaultConnection,
  options: { readonly yes?: true; readonly json?: true },
  preview: object,
  { output }: CommandContext,
): boolean {
  if (!options.yes) {
    if (options.json) output.json(preview);
    else output.line("\nNothing was sent. Add --yes to send it.");
    return false;
  }
  if (connection.isChainExpected) return true;
  throw new UsageError(
    `This would send to chain ${connection.chainId}. Confirm it with --chain-id ${connection.chainId}.`,
  );
}

/**
 * The event of the vault that tells what a transaction did.
 *
 * Throws {@link UsageError} when the receipt has none.
 */
export function readOutcome(
  { vault }: VaultConnection,
  contract: HedgedVault,
  receipt: TransactionReceipt,
  event: "Deposit" | "RedeemRequest" | "ExitedInKind",
): Result {
  const found = receipt.logs
    .filter((log) => log.address.toLowerCase() === vault.toLowerCase())
    .map((log) => contract.interface.parseLog(log))
    .find((log) => log?.name === event);
  if (found === undefined || found === null)
    throw new UsageError(`${receipt.hash} was mined but reports no ${event}. Check the vault.`);
  return found.args;
}

/**
 * Runs a call as the account without sending it and returns what it returned.
 *
 * Throws {@link UsageError} with the contract's reason when it would revert.
 */
export async function simulate(connection: VaultConnection, from: string, call: Call): Promise<string> {
  try {
    return await connection.provider.call({ from, to: call.to, data: call.data, value: call.value ?? 0n });
  } catch (error) {
    throw explain(error, `The ${call.what} would fail`);
  }
}

/**
 * Signs and sends a call, and waits until it is mined.
 *
 * Throws {@link UsageError} when it would revert, is refused or reverts, and {@link InterruptedError} on Ctrl-C before it was sent.
 */
export async function send(
  connection: VaultConnection,
  account: Account,
  call: Call,
  context: CommandContext,
): Promise<TransactionReceipt> {
  const { provider } = connection;
  await simulate(connection, account.address, call);
  const signer = await account.connect(provider);
  throwIfAborted(context.signal);
  let hash: string;
  let receipt: TransactionReceipt | null;
  try {
    const { to, data, value = 0n } = call;
    const estimate = await provider.estimateGas({ from: account.address, to, data, value });
    const gasLimit = (estimate * (100n + GAS_MARGIN_PERCENT)) / 100n + (call.extraGas ?? 0n);
    throwIfAborted(context.signal);
    const sent = await signer.sendTransaction({ to, data, value, gasLimit, chainId: connection.chainId });
    ({ hash } = sent);
    context.output.note(`${call.what}: sent ${hash}`);
    receipt = await untilMined(sent.wait(1, RECEIPT_TIMEOUT_MS), call, hash, context.signal);
  } catch (error) {
    if (error instanceof UsageError || error instanceof InterruptedError) throw error;
    throw explain(error, `The ${call.what} failed`);
  }
  if (receipt?.status !== 1)
    throw new UsageError(`The ${call.what} ${hash} was mined and reverted. Nothing but gas was spent.`);
  return receipt;
}

async function untilMined(
  mined: Promise<TransactionReceipt | null>,
  call: Call,
  hash: string,
  signal: AbortSignal,
): Promise<TransactionReceipt | null> {
  const aborted = new Promise<never>((_, reject) => {
    const fail = (): void => {
      reject(new UsageError(`Stopped waiting. The ${call.what} ${hash} was sent and may still be mined.`));
    };
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
  return await Promise.race([mined, aborted]);
}

/** The node's refusal as a sentence; a revert by its name and values. */
export function explain(error: unknown, what: string): UsageError {
  const failure = readRpcFailure(error);
  if (failure.data !== undefined) return new UsageError(`${what}: ${describeRevert(failure.data)}.`);
  const message = failure.message.replaceAll(/\s+/g, " ").slice(0, 200);
  const advice = failure.kind === "insufficient-funds" ? " The account needs ETH for gas." : "";
  return new UsageError(`${what}: ${message}.${advice}`);
}
