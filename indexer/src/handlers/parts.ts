import type { AdapterRow, PolicyParamsRow } from "./rows.ts";
import { address, amount, type Handlers, type IndexedEvent, lower, require, type Store } from "./store.ts";

/** Events of the factory: a vault is there before its own first event. */
export const factoryHandlers: Handlers = {
  async VaultCreated(event, store) {
    const [vault, policy] = [address(event, "vault"), address(event, "policy")];
    await store.put("policy", { address: policy, vault });
    await store.put("vault", {
      address: vault,
      creator: address(event, "creator"),
      policy,
      liquidity: address(event, "liquidity"),
      createdBlock: event.block.number,
      createdAt: event.block.timestamp,
      totalShares: 0n,
      idleBase: 0n,
      idleQuote: 0n,
      reservedQuote: 0n,
      queueHead: 1n,
      depositCapQuote: 0n,
      depositsPaused: false,
      keeperPaused: false,
      degraded: false,
      windDownAt: null,
      feeRecipient: null,
      managementBps: 0n,
      performanceBps: 0n,
      nextManagementBps: null,
      nextPerformanceBps: null,
      nextFeesAt: null,
      highWater: null,
      nextAdapterCurrent: null,
      nextAdapter: null,
      nextAdapterAt: null,
      epoch: null,
      priceWad: null,
      navQuote: null,
      deltaBase: null,
      valuedAt: null,
    });
  },
};

/** Events of the policies. */
export const policyHandlers: Handlers = {
  async ParamsChanged(event, store) {
    const { vault } = await require(store, "policy", { address: lower(event.log.address) });
    const params = event.args["params"] as Omit<PolicyParamsRow, "id" | "vault" | "timestamp">;
    await store.put("policyParams", {
      id: event.id,
      vault,
      timestamp: event.block.timestamp,
      maxDeltaBps: Number(params.maxDeltaBps),
      maxLossBpsPerDay: Number(params.maxLossBpsPerDay),
      maxTurnoverBpsPerDay: Number(params.maxTurnoverBpsPerDay),
      maxSlippageBps: Number(params.maxSlippageBps),
      minRangeTicks: Number(params.minRangeTicks),
      cooldownSeconds: Number(params.cooldownSeconds),
      exitDelaySeconds: Number(params.exitDelaySeconds),
      keeperGraceSeconds: Number(params.keeperGraceSeconds),
      emergencyDeltaBps: Number(params.emergencyDeltaBps),
      healthFloorWad: BigInt(params.healthFloorWad),
      healthPerVolatilityBps: Number(params.healthPerVolatilityBps),
    });
  },
  async LossCharged(event, store) {
    await putCharge(event, store, "loss", "lossQuote");
  },
  async TurnoverCharged(event, store) {
    await putCharge(event, store, "turnover", "turnoverQuote");
  },
};

/** Events of the liquidity adapters. */
export const liquidityHandlers: Handlers = {
  async RangeChanged(event, store) {
    const adapter = await adapterOf(event, store);
    if (adapter === null) return;
    await store.put("range", {
      adapter: adapter.address,
      tickLower: Number(event.args["tickLower"]),
      tickUpper: Number(event.args["tickUpper"]),
      vault: adapter.vault,
      liquidity: amount(event, "liquidity"),
      changedAt: event.block.timestamp,
    });
  },
  async Swapped(event, store) {
    const adapter = await adapterOf(event, store);
    if (adapter === null) return;
    await store.put("adapter", {
      ...adapter,
      swappedBase: adapter.swappedBase + amount(event, "baseFlow"),
      swappedQuote: adapter.swappedQuote + amount(event, "quoteFlow"),
    });
  },
};

/** Events of the hedges. */
export const hedgeHandlers: Handlers = {
  async HedgeAdjusted(event, store) {
    const adapter = await adapterOf(event, store);
    if (adapter === null) return;
    const [delta, margin] = [amount(event, "deltaChangeBase"), amount(event, "marginChangeQuote")];
    await putHedgeChange(event, store, adapter, "adjusted", delta, margin);
    await store.put("adapter", {
      ...adapter,
      deltaChangeBase: adapter.deltaChangeBase + delta,
      marginChangeQuote: adapter.marginChangeQuote + margin,
    });
  },
  async HedgeLost(event, store) {
    const adapter = await adapterOf(event, store);
    if (adapter === null) return;
    const margin = amount(event, "foundMarginQuote") - amount(event, "expectedMarginQuote");
    await putHedgeChange(event, store, adapter, "lost", 0n, margin);
    await store.put("adapter", { ...adapter, lossReports: adapter.lossReports + 1 });
  },
  async HedgeAbandoned(event, store) {
    const adapter = await adapterOf(event, store);
    if (adapter !== null) await store.put("adapter", { ...adapter, abandoned: true });
  },
};

/** Adapters are found by topic alone, so a stranger's event may come: null for what is in use by no vault. */
async function adapterOf(event: IndexedEvent, store: Store): Promise<AdapterRow | null> {
  const adapter = await store.find("adapter", { address: lower(event.log.address) });
  return adapter === null || adapter.until !== null ? null : adapter;
}

async function putHedgeChange(
  event: IndexedEvent,
  store: Store,
  { address: hedge, vault }: AdapterRow,
  kind: "adjusted" | "lost",
  deltaChangeBase: bigint,
  marginChangeQuote: bigint,
): Promise<void> {
  await store.put("hedgeChange", {
    id: event.id,
    hedge,
    vault,
    kind,
    deltaChangeBase,
    marginChangeQuote,
    timestamp: event.block.timestamp,
    transaction: event.transaction.hash,
  });
}

async function putCharge(event: IndexedEvent, store: Store, kind: "loss" | "turnover", charged: string): Promise<void> {
  const { vault } = await require(store, "policy", { address: lower(event.log.address) });
  await store.put("charge", {
    id: event.id,
    vault,
    kind,
    chargedQuote: amount(event, charged),
    bucketQuote: amount(event, "bucketQuote"),
    capacityQuote: amount(event, "capacityQuote"),
    timestamp: event.block.timestamp,
    transaction: event.transaction.hash,
  });
}
