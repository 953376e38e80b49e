import { ZeroAddress } from "ethers";

import type { AccessRole, AccessState, ScheduledOperation } from "../../sdk/chain/access.ts";
import { decodeCall, functionName, type GuardedParts, partAt } from "../../sdk/chain/adminCall.ts";
import type { AdapterSettings, VaultSettings } from "../../sdk/chain/vaultSettings.ts";
import { OracleFlag } from "../../sdk/policy/types.ts";
import { formatTime } from "../../sdk/sim/window.ts";
import { formatAmount } from "../amount.ts";
import { type Change, type ChangeContext, describeChanges, roleName } from "./changes.ts";

const WAD_DECIMALS = 18;
/** Share values are quote units a share unit × 1e30; VaultFees.VALUE_SCALE. */
const VALUE_DECIMALS = 30;

/** What a scheduled operation is about. */
export interface OperationReport {
  readonly id: string;
  readonly state: ScheduledOperation["state"];
  readonly caller: string;
  readonly target: string;
  readonly data: string;
  /** Undefined where it is no function of the vault's own contracts. */
  readonly call: string | undefined;
  /** Against the settings of today; undefined where the effect is not known. */
  readonly changes: readonly Change[] | undefined;
  readonly readyAt: string;
  readonly expiresAt: string;
}

/** A role with its holders. */
export interface RoleReport {
  readonly id: string;
  readonly name: string;
  readonly functions: readonly string[];
  readonly grantedBy: string;
  readonly members: readonly {
    readonly account: string;
    readonly since: string;
    readonly delaySeconds: number;
    readonly nextDelaySeconds: number | null;
    readonly nextDelayFrom: string | null;
  }[];
}

/** A vault's settings for people and programs: amounts as exact decimal text in whole tokens, units in the names. */
export type VaultReport = ReturnType<typeof describeSettings> & {
  readonly roles: readonly RoleReport[];
  /** Contracts of the vault whose restricted functions nobody can call. */
  readonly closed: readonly string[];
  readonly operations: readonly OperationReport[];
};

/** Turns what was read into a report. */
export async function describeVault(
  settings: VaultSettings,
  access: AccessState,
  context: ChangeContext,
): Promise<VaultReport> {
  const parts = partsOf(settings);
  const pending = access.operations.filter(({ state }) => state !== "executed" && state !== "cancelled");
  return {
    ...describeSettings(settings),
    roles: access.roles.map((role) => describeRole(role, access, parts)),
    closed: access.closed.map((target) => partAt(parts, target) ?? target),
    operations: await Promise.all(pending.map((operation) => describeOperation(operation, parts, context))),
  };
}

/** The contracts that the vault's roles guard. */
export function partsOf({ vault, policy, authority }: VaultSettings): GuardedParts {
  return { vault, policy: policy.address, authority };
}

function describeSettings(settings: VaultSettings) {
  const { block, base, quote, oracle, volatility, policy, fees, adapterChange } = settings;
  const shareValueDecimals = VALUE_DECIMALS + quote.decimals - settings.shareDecimals;
  return {
    chainId: settings.chainId.toString(),
    block: { number: block.number, hash: block.hash, time: formatTime(block.timestamp) },
    vault: {
      address: settings.vault,
      name: settings.name,
      symbol: settings.symbol,
      shareDecimals: settings.shareDecimals,
      shares: formatAmount(settings.totalSupply, settings.shareDecimals),
      epoch: settings.epoch.toString(),
      authority: settings.authority,
      registry: settings.registry,
    },
    tokens: { base, quote },
    state: {
      depositsPaused: settings.depositsPaused,
      keeperPaused: settings.keeperPaused,
      windDown: settings.windDown,
      degraded: settings.degraded,
    },
    adapters: settings.adapters.map(describeAdapter),
    oracle: {
      address: oracle.address,
      price: oracle.priceWad === 0n ? null : formatAmount(oracle.priceWad, WAD_DECIMALS),
      problems: Object.entries(OracleFlag)
        .filter(([, bit]) => (oracle.flags & bit) !== 0n)
        .map(([name]) => name),
      settings:
        oracle.settings === undefined
          ? null
          : { ...oracle.settings, sequencerFeed: oracle.settings.sequencerFeed ?? null },
    },
    volatility: { address: volatility.address, settings: volatility.settings ?? null },
    policy: { address: policy.address, params: policy.params },
    depositCap: formatAmount(settings.depositCapQuote, quote.decimals),
    fees: {
      recipient: fees.recipient === ZeroAddress ? null : fees.recipient,
      managementBps: fees.managementBps,
      performanceBps: fees.performanceBps,
      paidUpTo: fees.accruedAt === 0n ? null : formatTime(Number(fees.accruedAt)),
      /** Highest value of a whole share in quote; null while it is the initial one. */
      highWaterQuotePerShare: fees.highWater === 0n ? null : formatAmount(fees.highWater, shareValueDecimals),
      announced:
        fees.nextAt === 0n
          ? null
          : {
              managementBps: fees.nextManagementBps,
              performanceBps: fees.nextPerformanceBps,
              from: formatTime(Number(fees.nextAt)),
              isReady: block.timestamp >= Number(fees.nextAt),
            },
    },
    adapterChange:
      adapterChange.readyAt === 0n
        ? null
        : {
            current: adapterChange.current === ZeroAddress ? null : adapterChange.current,
            next: adapterChange.next === ZeroAddress ? null : adapterChange.next,
            from: formatTime(Number(adapterChange.readyAt)),
            isReady: block.timestamp >= Number(adapterChange.readyAt),
          },
  };
}

function describeAdapter({ address, kind, implementation, isAdmitted, isGenuine, venue }: AdapterSettings) {
  return {
    address,
    kind,
    venue: venue ?? null,
    implementation: implementation ?? null,
    isAdmitted,
    isGenuine: isGenuine ?? null,
  };
}

function describeRole(role: AccessRole, { functions }: AccessState, parts: GuardedParts): RoleReport {
  const own = functions.filter((item) => item.role === role.id);
  return {
    id: role.id.toString(),
    name: role.label ?? roleName(role.id),
    functions: own.map(({ target, selector }) => {
      const part = partAt(parts, target);
      return part === undefined ? `${target}.${selector}` : `${part}.${functionName(part, selector) ?? selector}`;
    }),
    grantedBy: roleName(role.admin),
    members: role.members.map(({ account, since, delaySeconds, nextDelay }) => ({
      account,
      since: formatTime(since),
      delaySeconds,
      nextDelaySeconds: nextDelay?.seconds ?? null,
      nextDelayFrom: nextDelay === undefined ? null : formatTime(nextDelay.from),
    })),
  };
}

/** One operation with what it would change today. */
export async function describeOperation(
  operation: ScheduledOperation,
  parts: GuardedParts,
  context: ChangeContext,
): Promise<OperationReport> {
  const call = decodeCall(parts, operation.target, operation.data);
  return {
    id: operation.id,
    state: operation.state,
    caller: operation.caller,
    target: operation.target,
    data: operation.data,
    call: call === undefined ? undefined : `${call.part}.${call.text}`,
    changes: call === undefined ? undefined : await describeChanges(call, context),
    readyAt: formatTime(operation.readyAt),
    expiresAt: formatTime(operation.expiresAt),
  };
}
