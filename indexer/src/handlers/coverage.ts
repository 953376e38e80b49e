import { factoryHandlers, hedgeHandlers, liquidityHandlers, policyHandlers } from "./parts.ts";
import type { Handlers } from "./store.ts";
import { vaultHandlers } from "./vault.ts";

/** A contract of ponder.config.ts: what is done with its events, and why others are left alone. */
export interface ContractCoverage {
  readonly handlers: Handlers;
  readonly ignored: Readonly<Record<string, string>>;
}

const NEVER = "clones carry their authority in their code and never emit it";
const ORDERS = "orders in flight: the keeper of this release does not drive GMX";

/** By the names in ponder.config.ts. A test holds this against the contracts' ABIs: every event is in one of the two. */
export const COVERAGE = {
  VaultFactory: {
    handlers: factoryHandlers,
    ignored: { AdapterCloned: "a clone is nobody's adapter until AdapterChanged names it" },
  },
  HedgedVault: {
    handlers: vaultHandlers,
    ignored: {
      Approval: "spending an allowance emits nothing, so a table of them would be wrong",
      AuthorityUpdated: NEVER,
      FeeLedgerChanged: "how pool fees vest within the hour; no balance depends on it",
    },
  },
  RiskPolicy: { handlers: policyHandlers, ignored: { AuthorityUpdated: NEVER } },
  UniswapV3Liquidity: { handlers: liquidityHandlers, ignored: {} },
  AaveV3Hedge: { handlers: hedgeHandlers, ignored: {} },
  GmxV2Hedge: {
    handlers: {},
    ignored: {
      HedgeAdjusted: "the same event as AaveV3Hedge's, which is indexed of every hedge",
      HedgeLost: "the same event as AaveV3Hedge's, which is indexed of every hedge",
      ExitOrdered: ORDERS,
      ExitOwed: ORDERS,
      OrderCreated: ORDERS,
      OrderHint: ORDERS,
      OrderResolved: ORDERS,
      RouterAdopted: ORDERS,
    },
  },
} as const satisfies Readonly<Record<string, ContractCoverage>>;
