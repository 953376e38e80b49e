// `npm run rehearse`: the whole way to a testnet vault on this machine, by the commands that docs/deploy.md gives. Nothing leaves
// the machine: a local node stands for Sepolia. `--keep DIR` keeps keys, journals and addresses to look at.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { rehearse } from "./rehearse/rehearse.ts";

const BLOCK_MS = 1_000;
/** In the middle of the system: libraries are there, the vault's code is not. */
const KILL_AFTER = 12;

const { values } = parseArgs({ options: { keep: { type: "string" }, "kill-after": { type: "string" } } });
const directory =
  values.keep === undefined ? mkdtempSync(path.join(tmpdir(), "hedgerow-rehearsal-")) : path.resolve(values.keep);
const startedAt = performance.now();
const seconds = (): string => ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4);
try {
  const result = await rehearse({
    directory,
    blockMs: BLOCK_MS,
    killAfter: values["kill-after"] === undefined ? KILL_AFTER : Number(values["kill-after"]),
    report: (text) => void process.stdout.write(`${seconds()} s  ${text}\n`),
  });
  const isSingle = result.sentTransactions === result.plannedTransactions;
  process.stdout.write(
    `\n${isSingle ? "No second contract" : "A SECOND CONTRACT"}: ${result.sentTransactions} transactions sent, ${result.plannedTransactions} planned.\n`,
  );
  if (!isSingle) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`rehearse: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  if (values.keep === undefined) rmSync(directory, { recursive: true, force: true });
}
