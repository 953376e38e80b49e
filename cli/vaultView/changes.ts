import { ZeroAddress } from "ethers";

import type { RoleMember } from "../../sdk/chain/access.ts";
import { type DecodedCall, paramsOf } from "../../sdk/chain/adminCall.ts";
import { Role } from "../../sdk/chain/roles.ts";
import type { VaultSettings } from "../../sdk/chain/vaultSettings.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import { displayAmount } from "../amount.ts";
import { displayParameter, POLICY_PARAMETERS } from "./policyParameters.ts";
import { displayDuration } from "./units.ts";

/** EXIT_WINDOW_SECONDS on-chain: notice of higher fees and of another adapter. */
const EXIT_WINDOW_SECONDS = 15 * 86_400;

/** One thing that a call changes, in units. */
export interface Change {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** What a diff is taken against. */
export interface ChangeContext {
  readonly settings: VaultSettings;
  /** What an account holds of a role now. */
  readonly memberOf: (role: bigint, account: string) => Promise<RoleMember | undefined>;
}

/**
 * What a call would change if it were made now, before and after, in units.
 *
 * @returns Undefined for a function whose effect this does not know; an empty list for one that changes nothing.
 */
export async function describeChanges(
  call: DecodedCall,
  context: ChangeContext,
): Promise<readonly Change[] | undefined> {
  const changes = await listChanges(call, context);
  return changes?.filter(({ before, after }) => before !== after);
}

/** "admin", "keeper", "guardian", or the number. */
export function roleName(role: bigint): string {
  return Object.entries(Role).find(([, id]) => id === role)?.[0] ?? `role ${role}`;
}

/** What a member of a role holds, for reading. */
export function displayMembership(member: RoleMember | undefined, now: number): string {
  if (member === undefined) return "not held";
  const delay = member.delaySeconds === 0 ? "no delay" : `delay ${displayDuration(member.delaySeconds)}`;
  const since = member.since > now ? `from ${formatTime(member.since)}, ` : "";
  const { nextDelay } = member;
  const next =
    nextDelay === undefined
      ? ""
      : `; from ${formatTime(nextDelay.from)} ${nextDelay.seconds === 0 ? "no delay" : displayDuration(nextDelay.seconds)}`;
  return `held, ${since}${delay}${next}`;
}

async function listChanges(call: DecodedCall, context: ChangeContext): Promise<readonly Change[] | undefined> {
  switch (call.part) {
    case "vault":
      return listVaultChanges(call, context.settings);
    case "policy":
      return call.name === "setParams" ? listParameterChanges(call, context.settings) : undefined;
    case "authority":
      return await listAccessChanges(call, context);
  }
}

function listVaultChanges({ name, args }: DecodedCall, settings: VaultSettings): readonly Change[] | undefined {
  const { depositsPaused, keeperPaused, windDown, degraded, quote, adapterChange } = settings;
  const deposits = (after: string): Change => ({ what: "deposits", before: depositsPaused ? "paused" : "open", after });
  const keeper = (after: string): Change => ({ what: "keeper", before: keeperPaused ? "paused" : "may act", after });
  const cap = (units: bigint): string => `${displayAmount(units, quote.decimals)} ${quote.symbol}`;
  switch (name) {
    case "pauseDeposits":
      return [deposits("paused")];
    case "resumeDeposits":
      return [deposits("open")];
    case "pauseKeeper":
      return [keeper("paused")];
    case "resumeKeeper":
      return [keeper("may act")];
    case "startWindDown":
      return [
        { what: "wind-down", before: windDown ? "running, for good" : "no", after: "running, for good" },
        ...(windDown
          ? []
          : [{ what: "deposits", before: depositsPaused ? "paused" : "open", after: "closed for good" }]),
      ];
    case "clearDegraded":
      return [{ what: "degraded mode", before: degraded ? "yes" : "no", after: "no" }];
    case "setDepositCap":
      return [{ what: "deposit cap", before: cap(settings.depositCapQuote), after: cap(args[0] as bigint) }];
    case "setFees":
      return listFeeChanges(settings, args.toArray() as [string, bigint, bigint]);
    case "applyFees":
      return listFeeApplication(settings);
    case "proposeAdapterChange": {
      const readyAt = settings.block.timestamp + EXIT_WINDOW_SECONDS;
      const [current, next] = args.toArray() as [string, string];
      const after = `${displayAdapterChange(current, next)}, possible from ${formatTime(readyAt)}`;
      return [{ what: "announced adapter change", before: displayPending(adapterChange), after }];
    }
    case "cancelAdapterChange":
      return [{ what: "announced adapter change", before: displayPending(adapterChange), after: "none" }];
    case "executeAdapterChange":
      return listAdapterChanges(settings);
    default:
      return undefined;
  }
}

function listFeeChanges(
  { fees, block }: VaultSettings,
  [recipient, managementBps, performanceBps]: readonly [string, bigint, bigint],
): readonly Change[] {
  const rises = managementBps > fees.managementBps || performanceBps > fees.performanceBps;
  const from = formatTime(block.timestamp + EXIT_WINDOW_SECONDS);
  const rate = (what: string, before: bigint, after: bigint): Change => ({
    what,
    before: `${before} bps`,
    after: after > before ? `${before} bps; ${after} bps once applied, from ${from} at the earliest` : `${after} bps`,
  });
  const pending = fees.nextAt === 0n ? "none" : displayPendingFees(fees);
  return [
    { what: "fee recipient", before: displayAccount(fees.recipient), after: displayAccount(recipient) },
    rate("management fee a year", fees.managementBps, managementBps),
    rate("performance fee", fees.performanceBps, performanceBps),
    {
      what: "announced fees",
      before: pending,
      after: rises ? `${managementBps} bps a year and ${performanceBps} bps of gains from ${from}` : "none",
    },
  ];
}

function listFeeApplication({ fees }: VaultSettings): readonly Change[] {
  if (fees.nextAt === 0n) return [];
  return [
    { what: "management fee a year", before: `${fees.managementBps} bps`, after: `${fees.nextManagementBps} bps` },
    { what: "performance fee", before: `${fees.performanceBps} bps`, after: `${fees.nextPerformanceBps} bps` },
    { what: "announced fees", before: displayPendingFees(fees), after: "none" },
  ];
}

/** The announced rates and from when they can be applied. */
export function displayPendingFees(fees: VaultSettings["fees"]): string {
  const from = formatTime(Number(fees.nextAt));
  return `${fees.nextManagementBps} bps a year and ${fees.nextPerformanceBps} bps of gains from ${from}`;
}

function listAdapterChanges({ adapters, adapterChange }: VaultSettings): readonly Change[] {
  const { current, next, readyAt } = adapterChange;
  if (readyAt === 0n) return [];
  const liquidity = adapters.find(({ kind }) => kind === "liquidity")?.address;
  const hedges = adapters.filter(({ kind }) => kind === "hedge").map(({ address }) => address);
  const list = (addresses: readonly string[]): string => (addresses.length === 0 ? "none" : addresses.join(", "));
  if (current === liquidity) return [{ what: "liquidity adapter", before: current, after: next }];
  const replaced = hedges.flatMap((hedge) => (hedge === current ? (next === ZeroAddress ? [] : [next]) : [hedge]));
  const after = current === ZeroAddress ? [...hedges, next] : replaced;
  return [{ what: "hedges", before: list(hedges), after: list(after) }];
}

/** An announced change of an adapter, with when it is possible; "none". */
export function displayPending({ current, next, readyAt }: VaultSettings["adapterChange"]): string {
  if (readyAt === 0n) return "none";
  return `${displayAdapterChange(current, next)}, possible from ${formatTime(Number(readyAt))}`;
}

function displayAdapterChange(current: string, next: string): string {
  if (current === ZeroAddress) return `hedge ${next} comes`;
  return next === ZeroAddress ? `hedge ${current} goes` : `${current} is replaced by ${next}`;
}

function listParameterChanges(call: DecodedCall, { policy }: VaultSettings): readonly Change[] {
  const params = paramsOf(call);
  return POLICY_PARAMETERS.map((parameter) => ({
    what: `${parameter.key}: ${parameter.meaning}`,
    before: displayParameter(parameter, policy.params),
    after: displayParameter(parameter, params),
  }));
}

async function listAccessChanges(
  { name, args }: DecodedCall,
  { settings, memberOf }: ChangeContext,
): Promise<readonly Change[] | undefined> {
  const now = settings.block.timestamp;
  switch (name) {
    case "grantRole": {
      const [role, account, delay] = args.toArray() as [bigint, string, bigint];
      const member = await memberOf(role, account);
      const delaySeconds = Number(delay);
      const after =
        delaySeconds < (member?.delaySeconds ?? 0)
          ? `held, delay ${displayDuration(member?.delaySeconds ?? 0)}, shortened to ${displayDuration(delaySeconds)} once the difference has passed`
          : displayMembership({ account, since: now, delaySeconds, nextDelay: undefined }, now);
      return [{ what: `${roleName(role)} for ${account}`, before: displayMembership(member, now), after }];
    }
    case "revokeRole":
    case "renounceRole": {
      const [role, account] = args.toArray() as [bigint, string];
      const before = displayMembership(await memberOf(role, account), now);
      return [{ what: `${roleName(role)} for ${account}`, before, after: "not held" }];
    }
    default:
      return undefined;
  }
}

function displayAccount(address: string): string {
  return address === ZeroAddress ? "nobody" : address;
}
