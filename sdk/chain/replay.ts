import { type EventFragment, getAddress, Interface, type Result, ZeroAddress } from "ethers";

import type { PolicyParams } from "../policy/types.ts";
import { artifacts, vaultInterface } from "./contracts.ts";
import {
  drainBuckets,
  FULL_BUCKET,
  InconsistentLogError,
  levelQuote,
  LogOrderError,
  type LogPosition,
  type OpenTransaction,
  openTransaction,
  type ReplayAddresses,
  type ReplayedClaims,
  type ReplayedHedge,
  type ReplayedRequest,
  type ReplayedTotals,
  type ReplayedVault,
  sharesOf,
  unbornVault,
  UnknownEventError,
  type VaultLog,
} from "./replayState.ts";

/*
 * The event log of a vault, its policy and its adapters as a reducer: pure, no I/O (that is replayLogs.ts). Each handler
 * says what the contracts wrote to storage when they emitted the event. A log that contradicts the state is an error:
 * it means that another one is missing, and figures that look right would be wrong.
 */

/**
 * A vault before its first log.
 *
 * @param addresses Of the vault and its policy, in any case; VaultFactory's VaultCreated names both.
 */
export function newReplay(addresses: ReplayAddresses): ReplayedVault {
  return unbornVault({ vault: getAddress(addresses.vault), policy: getAddress(addresses.policy) });
}

/**
 * The vault after one more log. Copies the state: for many logs at once `replay` is the faster way.
 *
 * Throws LogOrderError for a log that does not come after the last one, UnknownEventError for a contract that is no part
 * of the vault at that time or an event that it is not known to emit, InconsistentLogError for a log that contradicts
 * those before it.
 */
export function applyEvent(state: ReplayedVault, log: VaultLog): ReplayedVault {
  const draft = draftOf(state);
  apply(draft, log);
  return draft;
}

/**
 * The vault after all of these logs.
 *
 * @param logs In the order of the chain, whole transactions, from the one that created the vault or from where `start` ended.
 * @param start What the logs before these came to; `newReplay` for a vault's first.
 * Throws as `applyEvent`, and InconsistentLogError when the last transaction is not complete.
 * @example
 * const state = replay(await readVaultLogs(provider, addresses, created, head), newReplay(addresses));
 */
export function replay(logs: Iterable<VaultLog>, start: ReplayedVault): ReplayedVault {
  const draft = draftOf(start);
  for (const log of logs) apply(draft, log);
  if (draft.position !== undefined) closeTransaction(draft, draft.position);
  draft.transaction = openTransaction(draft.transaction.hash);
  return draft;
}

// --- the machinery

/** A state under work: its own maps and lists, whose elements are replaced and never changed. */
type Draft = {
  -readonly [K in keyof ReplayedVault]: ReplayedVault[K] extends ReadonlyMap<infer Key, infer Value>
    ? Map<Key, Value>
    : ReplayedVault[K] extends readonly (infer Element)[]
      ? Element[]
      : ReplayedVault[K];
};

function draftOf(state: ReplayedVault): Draft {
  return {
    ...state,
    balances: new Map(state.balances),
    operators: new Map(state.operators),
    requests: [...state.requests],
    claims: new Map(state.claims),
    ranges: [...state.ranges],
    hedges: [...state.hedges],
  };
}

/** A decoded log: its arguments by the name and kind that the handler expects. */
class Event {
  readonly log: VaultLog;
  readonly #args: Result;

  constructor(log: VaultLog, args: Result) {
    this.log = log;
    this.#args = args;
  }

  get timestamp(): bigint {
    return BigInt(this.log.timestamp);
  }

  uint(name: string): bigint {
    return this.#args.getValue(name) as bigint;
  }

  address(name: string): string {
    return this.#args.getValue(name) as string;
  }

  flag(name: string): boolean {
    return this.#args.getValue(name) as boolean;
  }

  struct<T>(name: string): T {
    return this.#args.getValue(name) as T;
  }

  /** Throws InconsistentLogError unless `actual` is what the logs before it led to. */
  require(what: string, actual: unknown, expected: unknown): void {
    if (actual !== expected) {
      throw new InconsistentLogError(
        this.log,
        `${what} is ${String(actual)}, and the logs before it say ${String(expected)}. A log is missing.`,
      );
    }
  }
}

type Handler = (draft: Draft, event: Event) => void;
type Handlers = Readonly<Record<string, Handler>>;

interface Emitter {
  readonly what: string;
  readonly abi: Interface;
  /** By the hash that a log carries: looking one up in the ABI hashes every event anew. */
  readonly events: ReadonlyMap<string, { readonly fragment: EventFragment; readonly handler: Handler | undefined }>;
}

function emitter(what: string, abi: Interface, handlers: Handlers): Emitter {
  const events = new Map<string, { readonly fragment: EventFragment; readonly handler: Handler | undefined }>();
  abi.forEachEvent((fragment) => events.set(fragment.topicHash, { fragment, handler: handlers[fragment.name] }));
  return { what, abi, events };
}

function apply(draft: Draft, log: VaultLog): void {
  const { position } = draft;
  if (position !== undefined && !isAfter(log, position)) {
    throw new LogOrderError(log, `it does not come after log ${position.logIndex} of block ${position.blockNumber}.`);
  }
  if (log.transactionHash !== draft.transaction.hash) {
    closeTransaction(draft, log);
    draft.transaction = openTransaction(log.transactionHash);
  }
  const from = emitterOf(draft, log);
  const { fragment, handler } = from.events.get(log.topics[0] ?? "") ?? {};
  if (fragment === undefined || handler === undefined) {
    const event = fragment?.name ?? `an event with topic ${log.topics[0] ?? "(none)"}`;
    throw new UnknownEventError(log, `${from.what} ${log.address} emitted ${event}, which this version does not know.`);
  }
  if (draft.transaction.isHeadDue && !SETTLING.includes(fragment.name)) throw headDueError(log);
  handler(draft, new Event(log, decode(from, fragment, log)));
  draft.position = { blockNumber: log.blockNumber, logIndex: log.logIndex };
}

function isAfter(log: LogPosition, last: LogPosition): boolean {
  return log.blockNumber === last.blockNumber ? log.logIndex > last.logIndex : log.blockNumber > last.blockNumber;
}

function emitterOf(draft: Draft, log: VaultLog): Emitter {
  const address = getAddress(log.address);
  if (address === draft.vault) return VAULT;
  if (address === draft.policy) return POLICY;
  if (address === draft.liquidity) return LIQUIDITY;
  if (draft.hedges.some(({ hedge }) => hedge === address)) return HEDGE;
  throw new UnknownEventError(log, `${address} is no part of vault ${draft.vault} at that time.`);
}

function decode({ what, abi }: Emitter, fragment: EventFragment, log: VaultLog): Result {
  try {
    return abi.decodeEventLog(fragment, log.data, log.topics);
  } catch (error) {
    throw new UnknownEventError(log, `${what} ${log.address} emitted what cannot be decoded: ${String(error)}`);
  }
}

/** What must hold between transactions, whatever happened inside them. `at` is where a breach shows. */
function closeTransaction(draft: Draft, at: LogPosition): void {
  const { hasMoved, isHeadDue } = draft.transaction;
  if (isHeadDue) throw headDueError(at);
  if (hasMoved) {
    throw new InconsistentLogError(
      at,
      "the transaction before it moved funds without the IdleChanged that ends every operation. A log is missing.",
    );
  }
  const escrow = sharesOf(draft, draft.vault);
  const owed = draft.pendingShares + draft.cancelledShares;
  if (escrow < owed) {
    throw new InconsistentLogError(
      at,
      `the vault holds ${escrow} shares in escrow and owes its queue ${owed}. A log is missing.`,
    );
  }
}

/** Until the QueueHeadMoved of a settlement that is due, these alone may come. */
const SETTLING: readonly string[] = ["RedeemSettled", "QueueHeadMoved"];

function headDueError(at: LogPosition): InconsistentLogError {
  return new InconsistentLogError(
    at,
    "the settlement before it passed places of cancelled requests without a QueueHeadMoved. A log is missing.",
  );
}

// --- small steps that handlers share

function touch(draft: Draft, change: Partial<OpenTransaction>): void {
  draft.transaction = { ...draft.transaction, ...change };
}

/** Idle funds came in (+) or went out; an IdleChanged has to follow. */
function flow(draft: Draft, base: bigint, quote: bigint): void {
  touch(draft, {
    base: draft.transaction.base + base,
    quote: draft.transaction.quote + quote,
    hasMoved: true,
  });
}

function addTotals(draft: Draft, change: Partial<ReplayedTotals>): void {
  const totals: Record<keyof ReplayedTotals, bigint> = { ...draft.totals };
  for (const [key, value] of Object.entries(change)) totals[key as keyof ReplayedTotals] += value;
  draft.totals = totals;
}

function addShares(draft: Draft, event: Event, holder: string, change: bigint): void {
  const balance = sharesOf(draft, holder) + change;
  if (balance < 0n) {
    throw new InconsistentLogError(event.log, `${holder} gives ${-change} shares and is ${-balance} short of them.`);
  }
  if (balance === 0n) draft.balances.delete(holder);
  else draft.balances.set(holder, balance);
}

function requestIn(draft: Draft, event: Event): ReplayedRequest {
  const id = event.uint("requestId");
  const request = id < 1n ? undefined : draft.requests[Number(id) - 1];
  if (request === undefined) {
    throw new InconsistentLogError(event.log, `no request ${id} was made: a RedeemRequest is missing.`);
  }
  return request;
}

function setRequest(draft: Draft, request: ReplayedRequest): void {
  const old = draft.requests[Number(request.id) - 1];
  draft.pendingShares += request.pendingShares - (old?.pendingShares ?? 0n);
  draft.cancelledShares += request.cancelledShares - (old?.cancelledShares ?? 0n);
  draft.requests[Number(request.id) - 1] = request;
}

/** What is unsettled of a request goes. Only a request that was settled in part, at the head, takes its place with it. */
function withdrawRequest(draft: Draft, event: Event, request: ReplayedRequest, left: ReplayedRequest["left"]): void {
  if (request.pendingShares === 0n) throw new InconsistentLogError(event.log, "nothing was pending.");
  setRequest(draft, {
    ...request,
    pendingShares: 0n,
    left,
    cancelledShares: left === "cancelled" ? request.pendingShares : 0n,
  });
  if (request.settledShares === 0n) return;
  event.require("the request that was settled in part", request.id, draft.queueHead);
  draft.queueHead += 1n;
}

/** Throws InconsistentLogError unless nothing is pending before `id`, from the head on. */
function requireEmptyBefore(draft: Draft, event: Event, id: bigint): void {
  for (let place = draft.queueHead; place < id; place++) {
    event.require(`what is pending of request ${place}`, 0n, draft.requests[Number(place) - 1]?.pendingShares);
  }
}

function setClaims(draft: Draft, controller: string, change: ReplayedClaims): ReplayedClaims {
  const old = draft.claims.get(controller) ?? { shares: 0n, assets: 0n, settledShares: 0n };
  const claims = {
    shares: old.shares + change.shares,
    assets: old.assets + change.assets,
    settledShares: old.settledShares + change.settledShares,
  };
  draft.claims.set(controller, claims);
  draft.reservedQuote += change.assets;
  return claims;
}

function setHedge(draft: Draft, event: Event, change: (hedge: ReplayedHedge) => ReplayedHedge): void {
  const address = getAddress(event.log.address);
  draft.hedges = draft.hedges.map((hedge) => (hedge.hedge === address ? change(hedge) : hedge));
}

function freshHedge(hedge: string): ReplayedHedge {
  return { hedge, abandoned: false, deltaChangeBase: 0n, marginChangeQuote: 0n, lossReports: 0 };
}

/** What every charge of the policy does first. */
function drain(draft: Draft, event: Event): void {
  draft.buckets = drainBuckets(draft.buckets, event.timestamp);
}

function charged(event: Event, level: bigint, charge: bigint): bigint {
  const capacity = event.uint("capacityQuote");
  const raised = capacity === 0n ? level : level + ceilDiv(charge * FULL_BUCKET, capacity);
  event.require("the bucket", event.uint("bucketQuote"), levelQuote(raised, capacity));
  return raised < FULL_BUCKET ? raised : FULL_BUCKET;
}

function ceilDiv(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

// --- the vault

const shareEvents: Handlers = {
  Transfer(draft, event) {
    const [from, to, value] = [event.address("from"), event.address("to"), event.uint("value")];
    if (from === ZeroAddress) draft.totalSupply += value;
    else addShares(draft, event, from, -value);
    if (to === ZeroAddress) draft.totalSupply -= value;
    else addShares(draft, event, to, value);
  },
  /** Allowances are not replayed: spending one emits nothing. */
  Approval() {},
  OperatorSet(draft, event) {
    const [controller, operator] = [event.address("controller"), event.address("operator")];
    const operators = new Set(draft.operators.get(controller));
    if (event.flag("approved")) operators.add(operator);
    else operators.delete(operator);
    if (operators.size === 0) draft.operators.delete(controller);
    else draft.operators.set(controller, operators);
  },
};

const fundsEvents: Handlers = {
  Deposit(draft, event) {
    flow(draft, 0n, event.uint("assets"));
    addTotals(draft, { depositedQuote: event.uint("assets") });
  },
  /** Ends every operation that moves funds. */
  IdleChanged(draft, event) {
    event.require("reservedQuote", event.uint("reservedQuote"), draft.reservedQuote);
    const { hash, base, quote, isExact, isEmergency } = draft.transaction;
    const [idleBase, idleQuote] = [event.uint("idleBase"), event.uint("idleQuote")];
    if (isExact) {
      event.require("idleBase", idleBase, draft.idleBase + base);
      event.require("idleQuote", idleQuote, draft.idleQuote + quote);
    }
    draft.transaction = { ...openTransaction(hash), isEmergency };
    draft.idleBase = idleBase;
    draft.idleQuote = idleQuote;
  },
  /** Part of an operation: its IdleChanged follows. */
  FeeLedgerChanged(draft, event) {
    touch(draft, { hasMoved: true });
    draft.ledger = {
      lockedQuote: event.uint("lockedQuote"),
      uncollectedQuote: event.uint("uncollectedQuote"),
      countedAt: event.timestamp,
      vestsInSeconds: event.uint("vestsInSeconds"),
      moveCostPpm: event.uint("moveCostPpm"),
    };
  },
  HedgedNow(draft, event) {
    const bountyQuote = event.uint("bountyQuote");
    flow(draft, 0n, -bountyQuote);
    touch(draft, { isEmergency: true });
    addTotals(draft, { bountyQuote });
  },
  Rebalanced(draft, event) {
    event.require("epoch", event.uint("epoch"), draft.epoch);
    draft.epoch += 1n;
    drain(draft, event);
    draft.lastAction = {
      epoch: event.uint("epoch"),
      by: event.address("keeper"),
      timestamp: event.timestamp,
      priceWad: event.uint("priceWad"),
      deltaAfterBase: event.uint("deltaAfterBase"),
      navAfterQuote: event.uint("navAfterQuote"),
    };
    if (!draft.transaction.isEmergency) draft.lastActionAt = event.timestamp;
    touch(draft, { isEmergency: false });
  },
};

const queueEvents: Handlers = {
  RedeemRequest(draft, event) {
    const { params } = draft;
    if (params === undefined) throw new InconsistentLogError(event.log, "the policy's ParamsChanged is missing.");
    event.require("requestId", event.uint("requestId"), BigInt(draft.requests.length) + 1n);
    const shares = event.uint("shares");
    setRequest(draft, {
      id: event.uint("requestId"),
      controller: event.address("controller"),
      owner: event.address("owner"),
      requestedShares: shares,
      settledShares: 0n,
      settledAssets: 0n,
      pendingShares: shares,
      exitOpensAt: event.timestamp + params.exitDelaySeconds,
      settledBeforeShares: 0n,
      left: "no",
      cancelledShares: 0n,
    });
  },
  RedeemSettled(draft, event) {
    const request = requestIn(draft, event);
    const [shares, assets] = [event.uint("shares"), event.uint("assets")];
    if (request.id < draft.queueHead) {
      throw new InconsistentLogError(event.log, `request ${request.id} is settled behind head ${draft.queueHead}.`);
    }
    requireEmptyBefore(draft, event, request.id);
    event.require("controller", event.address("controller"), request.controller);
    if (shares > request.pendingShares) {
      throw new InconsistentLogError(event.log, `${shares} shares are settled of ${request.pendingShares} pending.`);
    }
    const claims = setClaims(draft, request.controller, { shares, assets, settledShares: shares });
    setRequest(draft, {
      ...request,
      settledShares: request.settledShares + shares,
      settledAssets: request.settledAssets + assets,
      pendingShares: request.pendingShares - shares,
      settledBeforeShares: request.settledShares === 0n ? claims.settledShares - shares : request.settledBeforeShares,
    });
    if (request.id > draft.queueHead) touch(draft, { isHeadDue: true });
    draft.queueHead = shares === request.pendingShares ? request.id + 1n : request.id;
    // Crumbs are settled for nothing, and nothing else moves.
    if (assets > 0n) flow(draft, 0n, -assets);
    addTotals(draft, { settledQuote: assets });
  },
  /** Ends a settlement that passed places of cancelled requests. */
  QueueHeadMoved(draft, event) {
    const head = event.uint("head");
    const isNews = head > draft.queueHead || (head === draft.queueHead && draft.transaction.isHeadDue);
    if (!isNews || head > BigInt(draft.requests.length) + 1n) {
      throw new InconsistentLogError(event.log, `the head moves from ${draft.queueHead} to ${head}.`);
    }
    requireEmptyBefore(draft, event, head);
    draft.queueHead = head;
    touch(draft, { isHeadDue: false });
  },
  CancelRedeemRequest(draft, event) {
    const request = requestIn(draft, event);
    event.require("controller", event.address("controller"), request.controller);
    withdrawRequest(draft, event, request, "cancelled");
  },
  CancelRedeemClaim(draft, event) {
    const request = requestIn(draft, event);
    event.require("shares", event.uint("shares"), request.cancelledShares);
    setRequest(draft, { ...request, cancelledShares: 0n });
  },
  /** A claim. */
  Withdraw(draft, event) {
    const [controller, shares, assets] = [event.address("owner"), event.uint("shares"), event.uint("assets")];
    const left = setClaims(draft, controller, { shares: -shares, assets: -assets, settledShares: 0n });
    if (left.shares < 0n || left.assets < 0n) {
      throw new InconsistentLogError(
        event.log,
        `${controller} claims more than was settled: a RedeemSettled is missing.`,
      );
    }
    flow(draft, 0n, 0n);
    addTotals(draft, { claimedQuote: assets });
  },
  ExitedInKind(draft, event) {
    const request = requestIn(draft, event);
    event.require("shares", event.uint("shares"), request.pendingShares);
    const base = event.uint("baseIn") - event.uint("baseOut");
    const quote = -event.uint("quoteOut");
    flow(draft, base, quote);
    withdrawRequest(draft, event, request, "in-kind");
    addTotals(draft, { exitedBase: base, exitedQuote: quote });
  },
};

const termsEvents: Handlers = {
  DepositsPaused(draft, event) {
    draft.depositsPaused = event.flag("paused");
  },
  KeeperPaused(draft, event) {
    draft.keeperPaused = event.flag("paused");
  },
  Degraded(draft, event) {
    draft.degraded = event.flag("degraded");
  },
  /** May be emitted again; the first time counts. */
  WindDownStarted(draft, event) {
    draft.windDownAt ??= event.timestamp;
  },
  DepositCapChanged(draft, event) {
    draft.depositCapQuote = event.uint("capQuote");
  },
  FeesAccrued(draft, event) {
    draft.fees = { ...draft.fees, accruedAt: event.timestamp, highWater: event.uint("highWater") };
    addTotals(draft, { feeShares: event.uint("shares") });
  },
  /** Of `setFees` and `applyFees`, which accrue first and emit FeesChanged last. */
  FeesScheduled(draft, event) {
    event.require("time of the accrual", draft.fees.accruedAt, event.timestamp);
    draft.fees = {
      ...draft.fees,
      nextManagementBps: event.uint("managementBps"),
      nextPerformanceBps: event.uint("performanceBps"),
      nextAt: event.uint("readyAt"),
    };
  },
  /** Every change but that of `initialize`, before the policy's parameters are set, accrues first. */
  FeesChanged(draft, event) {
    const { fees } = draft;
    if (draft.params !== undefined) event.require("time of the accrual", fees.accruedAt, event.timestamp);
    draft.fees = {
      ...fees,
      recipient: event.address("recipient"),
      managementBps: event.uint("managementBps"),
      performanceBps: event.uint("performanceBps"),
      accruedAt: event.timestamp,
    };
  },
};

const adapterEvents: Handlers = {
  AdapterChangeProposed(draft, event) {
    const [current, next] = [event.address("current"), event.address("next")];
    draft.adapterChange = { current, next, readyAt: event.uint("readyAt") };
  },
  AdapterChangeCancelled(draft, event) {
    event.require("the cancelled adapter", event.address("next"), draft.adapterChange.next);
    draft.adapterChange = { current: ZeroAddress, next: ZeroAddress, readyAt: 0n };
  },
  /** The first one names the liquidity, those after it hedges, except where they replace the liquidity. */
  AdapterChanged(draft, event) {
    const [current, next] = [event.address("current"), event.address("next")];
    if (draft.params !== undefined) {
      event.require("the adapter that goes", current, draft.adapterChange.current);
      event.require("the adapter that comes", next, draft.adapterChange.next);
      draft.adapterChange = { current: ZeroAddress, next: ZeroAddress, readyAt: 0n };
    }
    if (draft.liquidity === undefined || current === draft.liquidity) {
      event.require("ranges of the liquidity that goes", draft.ranges.length, 0);
      draft.liquidity = next;
    } else if (current === ZeroAddress) {
      draft.hedges.push(freshHedge(next));
    } else {
      const place = draft.hedges.findIndex(({ hedge }) => hedge === current);
      if (place < 0) throw new InconsistentLogError(event.log, `${current} is no hedge of the vault.`);
      draft.hedges.splice(place, 1, ...(next === ZeroAddress ? [] : [freshHedge(next)]));
    }
  },
};

const VAULT = emitter("The vault", vaultInterface, {
  ...shareEvents,
  ...fundsEvents,
  ...queueEvents,
  ...termsEvents,
  ...adapterEvents,
});

// --- the policy

const POLICY = emitter("The policy", new Interface(artifacts.riskPolicy.abi), {
  ParamsChanged(draft, event) {
    const p = event.struct<PolicyParams>("params");
    draft.params = {
      maxDeltaBps: p.maxDeltaBps,
      maxLossBpsPerDay: p.maxLossBpsPerDay,
      maxTurnoverBpsPerDay: p.maxTurnoverBpsPerDay,
      maxSlippageBps: p.maxSlippageBps,
      minRangeTicks: p.minRangeTicks,
      cooldownSeconds: p.cooldownSeconds,
      exitDelaySeconds: p.exitDelaySeconds,
      keeperGraceSeconds: p.keeperGraceSeconds,
      emergencyDeltaBps: p.emergencyDeltaBps,
      healthFloorWad: p.healthFloorWad,
      healthPerVolatilityBps: p.healthPerVolatilityBps,
    };
  },
  LossCharged(draft, event) {
    drain(draft, event);
    const lossLevel = charged(event, draft.buckets.lossLevel, event.uint("lossQuote"));
    draft.buckets = { ...draft.buckets, lossLevel };
  },
  /** Beyond a full bucket only where the action lowered the delta; the bucket then stays full. */
  TurnoverCharged(draft, event) {
    drain(draft, event);
    const turnoverLevel = charged(event, draft.buckets.turnoverLevel, event.uint("turnoverQuote"));
    draft.buckets = { ...draft.buckets, turnoverLevel };
  },
});

// --- the adapters

const LIQUIDITY = emitter("The liquidity adapter", new Interface(artifacts.uniswapV3Liquidity.abi), {
  /** Ranges keep the adapter's own order: a new one comes last, and the last one fills a gap. */
  RangeChanged(draft, event) {
    const range = {
      tickLower: Number(event.uint("tickLower")),
      tickUpper: Number(event.uint("tickUpper")),
      liquidity: event.uint("liquidity"),
    };
    const found = draft.ranges.findIndex((r) => r.tickLower === range.tickLower && r.tickUpper === range.tickUpper);
    const place = found < 0 ? draft.ranges.length : found;
    draft.ranges[place] = range;
    if (range.liquidity === 0n) {
      const last = draft.ranges.pop();
      if (last !== undefined && place < draft.ranges.length) draft.ranges[place] = last;
    }
    touch(draft, { isExact: false, hasMoved: true });
  },
  Swapped(draft, event) {
    const [base, quote] = [event.uint("baseFlow"), event.uint("quoteFlow")];
    flow(draft, base, quote);
    addTotals(draft, { swappedBase: base, swappedQuote: quote });
  },
});

const HEDGE = emitter("The hedge", new Interface(artifacts.aaveV3Hedge.abi), {
  HedgeAdjusted(draft, event) {
    setHedge(draft, event, (hedge) => ({
      ...hedge,
      deltaChangeBase: hedge.deltaChangeBase + event.uint("deltaChangeBase"),
      marginChangeQuote: hedge.marginChangeQuote + event.uint("marginChangeQuote"),
    }));
    touch(draft, { isExact: false, hasMoved: true });
  },
  HedgeLost(draft, event) {
    setHedge(draft, event, (hedge) => ({ ...hedge, lossReports: hedge.lossReports + 1 }));
  },
  HedgeAbandoned(draft, event) {
    setHedge(draft, event, (hedge) => ({ ...hedge, abandoned: true }));
  },
});
