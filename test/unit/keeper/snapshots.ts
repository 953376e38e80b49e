import type { Head } from "../../../keeper/rpc.ts";
import type { Decision, Plan, Snapshot, VaultState } from "../../../sdk/policy/types.ts";
import { CHAIN_ID, GWEI, VAULT } from "./support.ts";

const WETH = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const WAD = 10n ** 18n;

/** A block of the given number, whose hash follows from it. */
export function headAt(number: number, timestamp: number, branch = "aa"): Head {
  return { number, timestamp, hash: `0x${branch}${number.toString(16).padStart(62, "0")}`, baseFeePerGas: 10n * GWEI };
}

/** A healthy vault of 1,000,000 USDC, flat at 2,500 USDC a WETH. */
export function vaultState(overrides: Partial<VaultState> = {}): VaultState {
  return {
    vault: VAULT,
    name: "Test vault",
    symbol: "hrT",
    shareDecimals: 12,
    totalSupply: 10n ** 18n,
    epoch: 7n,
    depositsPaused: false,
    windDown: false,
    degraded: false,
    base: { token: WETH, decimals: 18, symbol: "WETH" },
    quote: { token: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", decimals: 6, symbol: "USDC" },
    oracle: { address: "0x00000000000000000000000000000000000000aA", priceWad: 2_500n * WAD, flags: 0n, bandBps: 50n },
    book: {
      navQuote: 1_000_000_000_000n,
      navMinQuote: 999_000_000_000n,
      navMaxQuote: 1_001_000_000_000n,
      deltaBase: 0n,
      healthWad: 19n * (WAD / 10n),
      pending: false,
      lost: false,
    },
    idleBase: 0n,
    idleQuote: 20_000_000_000n,
    pool: {
      address: "0x00000000000000000000000000000000000000bB",
      feePips: 500,
      tickSpacing: 10,
      sqrtPriceX96: 1n << 96n,
      tick: 0,
      liquidity: 10n ** 18n,
      baseIsToken0: false,
    },
    ranges: [{ tickLower: -1_000, tickUpper: 1_000, liquidity: 10n ** 15n }],
    liquidity: { base: 100n * WAD, quote: 250_000_000_000n, feesBase: 0n, feesQuote: 0n },
    hedges: [],
    queue: { head: 0n, tail: 0n, pendingShares: 0n, reservedQuote: 0n },
    policy: {
      address: "0x00000000000000000000000000000000000000cC",
      params: {
        maxDeltaBps: 500n,
        maxLossBpsPerDay: 100n,
        maxSlippageBps: 50n,
        cooldownSeconds: 60n,
        exitDelaySeconds: 86_400n,
        healthFloorWad: 125n * (WAD / 100n),
        minRequestQuote: 0n,
      },
    },
    bucketQuote: 0n,
    lastActionAt: 0n,
    ...overrides,
  } as VaultState;
}

export function snapshotAt(head: Head, overrides: Partial<VaultState> = {}): Snapshot {
  const { number: blockNumber, hash: blockHash, timestamp } = head;
  return { chainId: CHAIN_ID, blockNumber, blockHash, timestamp, vault: vaultState(overrides) };
}

/** What every decision carries, for tests that do not ask the policy. */
function decisionBase({ blockNumber, blockHash }: Snapshot) {
  return {
    blockNumber,
    blockHash,
    exposure: {
      price: 2_500,
      spotPrice: 2_500,
      navQuote: 1_000_000,
      deltaBase: 0,
      liquidityBase: 100,
      liquidityQuote: 500_000,
      gammaBase: -0.1,
      shortBase: 100,
      idleQuote: 20_000,
      health: Infinity,
    },
    band: { triggerBase: 10, targetBase: 5 },
    reasons: [{ code: "inside-band", text: "for a test" }],
  } as const;
}

export function holdAt(snapshot: Snapshot): Decision {
  return { ...decisionBase(snapshot), kind: "hold" };
}

export function hedgeAt(snapshot: Snapshot): Decision {
  return { ...decisionBase(snapshot), kind: "hedge", targetDeltaBase: 5 };
}

export function deleverageAt(snapshot: Snapshot): Decision {
  return { ...decisionBase(snapshot), kind: "deleverage", targetHealth: 1.9 };
}

export function reconcileAt(snapshot: Snapshot): Decision {
  return { ...decisionBase(snapshot), kind: "reconcile" };
}

/** A plan with one step for the snapshot's vault. */
export function planAt(snapshot: Snapshot, decision: Plan["decision"] = "hedge"): Plan {
  return {
    vault: snapshot.vault.vault,
    decision,
    blockNumber: snapshot.blockNumber,
    blockHash: snapshot.blockHash,
    actions: [{ kind: "swap", baseChange: -WAD }],
    promise: {
      expectedEpoch: snapshot.vault.epoch,
      deadline: snapshot.timestamp + 300,
      maxResidualDeltaBase: 5n * WAD,
      maxLossQuote: 1_000_000_000n,
    },
  };
}
