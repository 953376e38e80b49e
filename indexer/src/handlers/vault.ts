import type { FlowRow, RequestRow, VaultRow } from "./rows.ts";
import {
  address,
  amount,
  flag,
  type Handlers,
  type IndexedEvent,
  lower,
  optional,
  require,
  type Store,
  ZERO_ADDRESS,
} from "./store.ts";

/** Events of the vault itself. */
export const vaultHandlers: Handlers = {
  async Transfer(event, store) {
    const [from, to, shares] = [address(event, "from"), address(event, "to"), amount(event, "value")];
    const vault = await vaultOf(event, store);
    const minted = from === ZERO_ADDRESS ? shares : 0n;
    const burnt = to === ZERO_ADDRESS ? shares : 0n;
    await store.put("vault", { ...vault, totalShares: vault.totalShares + minted - burnt });
    for (const [account, change] of [
      [from, -shares],
      [to, shares],
    ] as const) {
      if (account === ZERO_ADDRESS) continue;
      const key = { vault: vault.address, account };
      const holder = await store.find("holder", key);
      await store.put("holder", { ...key, shares: (holder?.shares ?? 0n) + change });
    }
  },
  async OperatorSet(event, store) {
    const [controller, operator] = [address(event, "controller"), address(event, "operator")];
    await store.put("operator", {
      vault: lower(event.log.address),
      controller,
      operator,
      approved: flag(event, "approved"),
    });
  },
  async Deposit(event, store) {
    const [shares, assets] = [amount(event, "shares"), amount(event, "assets")];
    await putFlow(event, store, {
      kind: "deposit",
      account: address(event, "owner"),
      shares,
      base: 0n,
      quote: -assets,
    });
  },
  async Withdraw(event, store) {
    const [shares, assets] = [amount(event, "shares"), amount(event, "assets")];
    await putFlow(event, store, {
      kind: "claim",
      account: address(event, "receiver"),
      shares: -shares,
      base: 0n,
      quote: assets,
    });
  },
  async IdleChanged(event, store) {
    await change(event, store, {
      idleBase: amount(event, "idleBase"),
      idleQuote: amount(event, "idleQuote"),
      reservedQuote: amount(event, "reservedQuote"),
    });
  },
  async Rebalanced(event, store) {
    const vault = await vaultOf(event, store);
    const epoch = amount(event, "epoch");
    const [priceWad, navAfterQuote] = [amount(event, "priceWad"), amount(event, "navAfterQuote")];
    const deltaAfterBase = amount(event, "deltaAfterBase");
    await store.put("rebalance", {
      vault: vault.address,
      epoch,
      keeper: address(event, "keeper"),
      priceWad,
      deltaBeforeBase: amount(event, "deltaBeforeBase"),
      deltaAfterBase,
      navBeforeQuote: amount(event, "navBeforeQuote"),
      navAfterQuote,
      totalShares: vault.totalShares,
      timestamp: event.block.timestamp,
      transaction: event.transaction.hash,
    });
    const valuedAt = event.block.timestamp;
    await store.put("vault", {
      ...vault,
      epoch,
      priceWad,
      navQuote: navAfterQuote,
      deltaBase: deltaAfterBase,
      valuedAt,
    });
  },
  async HedgedNow(event, store) {
    const quote = amount(event, "bountyQuote");
    await putFlow(event, store, { kind: "bounty", account: address(event, "caller"), shares: 0n, base: 0n, quote });
  },
  async RedeemRequest(event, store) {
    await store.put("request", {
      vault: lower(event.log.address),
      requestId: amount(event, "requestId"),
      controller: address(event, "controller"),
      owner: address(event, "owner"),
      shares: amount(event, "shares"),
      settledShares: 0n,
      settledQuote: 0n,
      state: "waiting",
      requestedAt: event.block.timestamp,
      changedAt: event.block.timestamp,
    });
  },
  async RedeemSettled(event, store) {
    await changeRequest(event, store, (request) => {
      const settledShares = request.settledShares + amount(event, "shares");
      const settledQuote = request.settledQuote + amount(event, "assets");
      return { settledShares, settledQuote, state: settledShares === request.shares ? "settled" : "waiting" };
    });
  },
  async CancelRedeemRequest(event, store) {
    await changeRequest(event, store, () => ({ state: "cancelled" }));
  },
  async CancelRedeemClaim(event, store) {
    await changeRequest(event, store, () => ({ state: "returned" }));
  },
  async ExitedInKind(event, store) {
    await changeRequest(event, store, () => ({ state: "in-kind" }));
    await putFlow(event, store, {
      kind: "exit-in-kind",
      account: address(event, "receiver"),
      shares: -amount(event, "shares"),
      base: amount(event, "baseOut") - amount(event, "baseIn"),
      quote: amount(event, "quoteOut"),
    });
  },
  async QueueHeadMoved(event, store) {
    await change(event, store, { queueHead: amount(event, "head") });
  },
  async FeesChanged(event, store) {
    await change(event, store, {
      feeRecipient: optional(address(event, "recipient")),
      managementBps: amount(event, "managementBps"),
      performanceBps: amount(event, "performanceBps"),
    });
  },
  async FeesScheduled(event, store) {
    const readyAt = amount(event, "readyAt");
    const isPending = readyAt !== 0n;
    await change(event, store, {
      nextManagementBps: isPending ? amount(event, "managementBps") : null,
      nextPerformanceBps: isPending ? amount(event, "performanceBps") : null,
      nextFeesAt: isPending ? readyAt : null,
    });
  },
  async FeesAccrued(event, store) {
    const shares = amount(event, "shares");
    await change(event, store, { highWater: amount(event, "highWater") });
    if (shares === 0n) return;
    await putFlow(event, store, { kind: "fee", account: address(event, "recipient"), shares, base: 0n, quote: 0n });
  },
  async AdapterChangeProposed(event, store) {
    await change(event, store, {
      nextAdapterCurrent: optional(address(event, "current")),
      nextAdapter: optional(address(event, "next")),
      nextAdapterAt: amount(event, "readyAt"),
    });
  },
  async AdapterChangeCancelled(event, store) {
    await change(event, store, NO_ADAPTER_CHANGE);
  },
  async AdapterChanged(event, store) {
    const [current, next] = [address(event, "current"), address(event, "next")];
    const vault = await vaultOf(event, store);
    const going = await store.find("adapter", { address: current });
    // At its creation a vault names its liquidity, which VaultCreated named before, and its hedges.
    const isLiquidity = going === null ? next === vault.liquidity : going.kind === "liquidity";
    if (going !== null) await store.put("adapter", { ...going, until: event.block.timestamp });
    if (next !== ZERO_ADDRESS) {
      await store.put("adapter", {
        address: next,
        vault: vault.address,
        kind: isLiquidity ? "liquidity" : "hedge",
        since: event.block.timestamp,
        until: null,
        swappedBase: 0n,
        swappedQuote: 0n,
        deltaChangeBase: 0n,
        marginChangeQuote: 0n,
        lossReports: 0,
        abandoned: false,
      });
    }
    await store.put("vault", { ...vault, ...NO_ADAPTER_CHANGE, liquidity: isLiquidity ? next : vault.liquidity });
  },
  async DepositsPaused(event, store) {
    await change(event, store, { depositsPaused: flag(event, "paused") });
  },
  async KeeperPaused(event, store) {
    await change(event, store, { keeperPaused: flag(event, "paused") });
  },
  async DepositCapChanged(event, store) {
    await change(event, store, { depositCapQuote: amount(event, "capQuote") });
  },
  async Degraded(event, store) {
    await change(event, store, { degraded: flag(event, "degraded") });
  },
  async WindDownStarted(event, store) {
    const vault = await vaultOf(event, store);
    // May be emitted again; the first time counts.
    await store.put("vault", { ...vault, windDownAt: vault.windDownAt ?? event.block.timestamp });
  },
};

const NO_ADAPTER_CHANGE = { nextAdapterCurrent: null, nextAdapter: null, nextAdapterAt: null } as const;

async function vaultOf(event: IndexedEvent, store: Store): Promise<VaultRow> {
  return await require(store, "vault", { address: lower(event.log.address) });
}

async function change(event: IndexedEvent, store: Store, values: Partial<VaultRow>): Promise<void> {
  await store.put("vault", { ...(await vaultOf(event, store)), ...values });
}

async function changeRequest(
  event: IndexedEvent,
  store: Store,
  next: (request: RequestRow) => Partial<RequestRow>,
): Promise<void> {
  const key = { vault: lower(event.log.address), requestId: amount(event, "requestId") };
  const request = await require(store, "request", key);
  await store.put("request", { ...request, ...next(request), changedAt: event.block.timestamp });
}

type Flow = Pick<FlowRow, "kind" | "account" | "shares" | "base" | "quote">;

async function putFlow(event: IndexedEvent, store: Store, flow: Flow): Promise<void> {
  await store.put("flow", {
    id: event.id,
    vault: lower(event.log.address),
    ...flow,
    timestamp: event.block.timestamp,
    transaction: event.transaction.hash,
  });
}
