import type { JsonRpcProvider } from "ethers";

import type { ResolvedVault } from "../resolve.ts";

/** Something that a deployment should not go on with, or not without thought. */
export interface Finding {
  /** Says which check it is, for programs and tests. */
  readonly code: string;
  /** An error stops a deployment; a warning is shown. */
  readonly level: "error" | "warning";
  /** What is wrong and what to do about it. */
  readonly text: string;
}

/** What every check gets. */
export interface Subject {
  readonly vault: ResolvedVault;
  readonly rpc: Pick<JsonRpcProvider, "send" | "call">;
  /** Who will deploy. */
  readonly deployer: string;
}

/** Looks at one thing; throws only when the node does not answer. */
export type Check = (subject: Subject) => Promise<readonly Finding[]> | readonly Finding[];

export function problem(code: string, text: string): Finding {
  return { code, level: "error", text };
}

export function warning(code: string, text: string): Finding {
  return { code, level: "warning", text };
}
