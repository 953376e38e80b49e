import type { JsonRpcProvider } from "ethers";

import type { CommandContext } from "../context.ts";
import { display } from "../deployment.ts";
import { UsageError } from "../errors.ts";
import { checkAccount, checkKeeper, checkSystem } from "./preflight/account.ts";
import { runPreflight } from "./preflight/run.ts";
import type { Finding } from "./preflight/types.ts";
import type { ResolvedVault } from "./resolve.ts";
import { readSystem, type Workspace } from "./workspace.ts";

/** Looks at everything that the deployment of a vault depends on. */
export async function findProblems(
  vault: ResolvedVault,
  rpc: JsonRpcProvider,
  workspace: Workspace,
  deployer: string,
): Promise<readonly Finding[]> {
  const system = readSystem(workspace.systemFile);
  const further = [
    checkAccount(system !== undefined),
    checkKeeper,
    ...(system === undefined ? [] : [checkSystem(system, display(workspace.systemFile))]),
  ];
  return await runPreflight({ vault, rpc, deployer }, further);
}

/** Shows findings to people, the errors first. */
export function printFindings(findings: readonly Finding[], { output }: CommandContext): void {
  for (const level of ["error", "warning"] as const) {
    for (const finding of findings)
      if (finding.level === level) output.note(`${level} ${finding.code}: ${finding.text}`);
  }
}

/** Those that a deployment which was begun has to stop for: the rest is better repaired than left half done. */
const STOP_EVEN_HALFWAY: ReadonlySet<string> = new Set([
  "wrong-chain",
  "deployer-too-poor",
  "system-gone",
  "unreadable",
]);

/**
 * Throws {@link UsageError} when one of the findings is in the way of a deployment.
 *
 * @param goesOn True for a deployment that was begun and is to go on.
 */
export function requireClear(findings: readonly Finding[], goesOn: boolean): void {
  const errors = findings.filter(({ level, code }) => level === "error" && (!goesOn || STOP_EVEN_HALFWAY.has(code)));
  if (errors.length === 0) return;
  const count = errors.length === 1 ? "is 1 mistake" : `are ${errors.length} mistakes`;
  throw new UsageError(
    `There ${count} to put right first (${errors.map(({ code }) => code).join(", ")}). Nothing was sent.`,
  );
}
