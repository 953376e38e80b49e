import { Interface, type JsonRpcProvider } from "ethers";

import type { CommandContext } from "../context.ts";
import { InterruptedError, throwIfAborted, UsageError } from "../errors.ts";
import { explain } from "../vault/send.ts";
import type { Account } from "../vault/signer.ts";
import type { DeployOptions } from "./options.ts";
import { neededMemory, readRoom } from "./preflight/pool.ts";
import type { ResolvedVault } from "./resolve.ts";

const POOL = new Interface(["function increaseObservationCardinalityNext(uint16 observationCardinalityNext)"]);
const RECEIPT_TIMEOUT_MS = 600_000;
/** Each takes about 22,000 gas, and no transaction may take more than 16.7 million. */
const SLOTS_A_TRANSACTION = 600;

/**
 * Makes the pool remember as many blocks with a swap as the vault's windows may hold; it needs no right. Sends nothing where there
 * is room enough, nor without --yes. The memory itself fills as the pool trades.
 *
 * Throws {@link UsageError} when the transaction fails.
 */
export async function preparePool(
  vault: ResolvedVault,
  rpc: JsonRpcProvider,
  account: Account,
  options: Pick<DeployOptions, "yes">,
  { output, signal }: CommandContext,
): Promise<void> {
  const { pool } = vault.venues;
  const { slots } = neededMemory(vault);
  const room = await readRoom(rpc, pool);
  if (room === undefined || room >= slots) return; // no pool is the preflight's to report
  if (!options.yes) {
    output.note(`The pool ${pool} would be given room for ${slots} blocks with a swap; it has room for ${room}.`);
    return;
  }
  try {
    const signer = await account.connect(rpc);
    for (let next = room; next < slots;) {
      throwIfAborted(signal);
      next = Math.min(next + SLOTS_A_TRANSACTION, slots);
      const data = POOL.encodeFunctionData("increaseObservationCardinalityNext", [next]);
      const sent = await signer.sendTransaction({ to: pool, data, chainId: vault.network.chainId });
      output.note(`room for ${next} blocks in the pool: sent ${sent.hash}`);
      await sent.wait(1, RECEIPT_TIMEOUT_MS);
    }
  } catch (error) {
    if (error instanceof UsageError || error instanceof InterruptedError) throw error;
    throw explain(error, "The pool could not be prepared");
  }
}
