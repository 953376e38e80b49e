import { describeRpcError } from "../../../keeper/rpcErrors.ts";
import { checkAave } from "./aave.ts";
import { checkDescription } from "./description.ts";
import { checkFeeds, checkSequencer } from "./feeds.ts";
import { checkGmx } from "./gmx.ts";
import { checkPool } from "./pool.ts";
import { checkTokens } from "./tokens.ts";
import { problem, type Check, type Finding, type Subject } from "./types.ts";

const CHECKS: readonly Check[] = [
  checkDescription,
  checkTokens,
  checkFeeds,
  checkSequencer,
  checkPool,
  checkAave,
  checkGmx,
];

/**
 * Looks at everything that a deployment depends on, and reports all of it: one mistake does not hide another.
 *
 * @param further Checks that only the caller can make, such as that of the deployer's balance.
 */
export async function runPreflight(subject: Subject, further: readonly Check[] = []): Promise<readonly Finding[]> {
  const findings = await Promise.all([...CHECKS, ...further].map((check) => runCheck(check, subject)));
  return findings.flat();
}

async function runCheck(check: Check, subject: Subject): Promise<readonly Finding[]> {
  try {
    return await check(subject);
  } catch (error) {
    return [
      problem(
        "unreadable",
        `${check.name} could not be done: ${describeRpcError(error)}. Check the node and try again.`,
      ),
    ];
  }
}
