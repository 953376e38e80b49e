import { describeLifecycle } from "../integration/lifecycleSuite.ts";
import { describeGmxHedge } from "./gmxSuite.ts";
import type { ForkNetwork } from "./networks.ts";
import { openForkWorld, openGmxForkWorld } from "./world.ts";

/** Small against the pools of the networks a third below their price, where the range of the suite ends. */
const DEPOSIT_QUOTE = 240_000;

/** Action to gas used. */
export type GasLog = Map<string, bigint>;

/** What to fork: a network, and the URL of a node, a recorder or a served twin that has its state. */
export interface ForkSource {
  readonly network: ForkNetwork;
  readonly url: string;
}

export interface ForkSuiteOptions {
  /** Also a vault that is short on GMX. */
  readonly hasGmx: boolean;
  /** Of one test. Default: mocha's. */
  readonly timeoutMs?: number;
  /** Filled by the tests. */
  readonly gas?: GasLog;
}

/**
 * Everything that is tested on a fork of one network: the life of a vault that borrows on Aave and of one that is short on GMX.
 *
 * @param sourceOf asked when the tests run.
 */
export function describeForkSuites(sourceOf: () => ForkSource, { hasGmx, timeoutMs, gas }: ForkSuiteOptions): void {
  const options = {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    onGas: (action: string, gasUsed: bigint): void => void gas?.set(action, gasUsed),
  };
  describeLifecycle(
    "a vault with a loan on Aave",
    () => {
      const { network, url } = sourceOf();
      return openForkWorld(network, url);
    },
    { ...options, depositQuote: DEPOSIT_QUOTE },
  );
  if (!hasGmx) return;
  describeGmxHedge(
    "a vault with a short on GMX",
    () => {
      const { network, url } = sourceOf();
      return openGmxForkWorld(network, url);
    },
    options,
  );
}
