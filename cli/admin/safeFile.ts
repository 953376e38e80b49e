import { writeFileSync } from "node:fs";
import path from "node:path";

import { display } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import { openDirectory } from "../outputFiles.ts";
import { toJson } from "../output.ts";

/** A transaction as a multisig or a timelock takes it. */
export interface RawTransaction {
  readonly to: string;
  /** Wei, as decimal text. */
  readonly value: string;
  readonly data: string;
}

/**
 * A batch for the transaction builder of Safe, as it imports it. Without its optional checksum, over which versions of the builder
 * disagree: the signers compare target and data.
 */
export function describeSafeBatch(
  chainId: bigint,
  safe: string,
  name: string,
  description: string,
  transactions: readonly RawTransaction[],
  createdAtMs: number,
): object {
  return {
    version: "1.0",
    chainId: chainId.toString(),
    createdAt: createdAtMs,
    meta: { name, description, txBuilderVersion: "1.16.5", createdFromSafeAddress: safe, createdFromOwnerAddress: "" },
    transactions: transactions.map(({ to, value, data }) => ({
      to,
      value,
      data,
      contractMethod: null,
      contractInputsValues: null,
    })),
  };
}

/** Writes the batch. Throws {@link UsageError} when the file cannot be written. */
export function writeSafeBatch(file: string, batch: object): void {
  const resolved = path.resolve(file);
  const problem = openDirectory(path.dirname(resolved));
  if (problem !== undefined) {
    throw new UsageError(`${display(resolved)} cannot be written (${problem}). Choose another place with --safe-file.`);
  }
  try {
    writeFileSync(resolved, `${toJson(batch)}\n`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new UsageError(`${display(resolved)} cannot be written (${code}). Choose another place with --safe-file.`);
  }
}
