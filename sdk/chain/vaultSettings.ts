import { getAddress, isCallException, isError, type JsonRpcApiProvider, ZeroAddress } from "ethers";

import type { PolicyParams } from "../policy/types.ts";
import {
  aaveHedgeContract,
  erc20Contract,
  liquidityContract,
  oracleContract,
  policyContract,
  registryContract,
  vaultContract,
  volatilityContract,
} from "./contracts.ts";
import { AdapterKind } from "./vaultSpec.ts";
import { ReadError, type BlockRef } from "./snapshot.ts";

/*
 * What a vault is made of and how it is set, whatever its oracle says: unlike a snapshot it needs neither a lens nor a price.
 */

/** A token of the pair. */
export interface TokenSettings {
  readonly address: string;
  readonly symbol: string;
  readonly decimals: number;
}

/** An adapter, and what the registry says of its code today. */
export interface AdapterSettings {
  readonly address: string;
  readonly kind: "liquidity" | "hedge";
  /** Code that the adapter is a clone of; undefined when it is no minimal clone. */
  readonly implementation: string | undefined;
  /** Whether the registry admits that code as this kind. Revoking takes nothing out of a vault that runs on it. */
  readonly isAdmitted: boolean;
  /** Whether the registry would still take this very adapter: code, vault and arguments; undefined when the adapter does not answer. */
  readonly isGenuine: boolean | undefined;
  /** Of a hedge, its own name of itself; of the liquidity, the pool's fee; undefined when the adapter does not answer. */
  readonly venue: string | undefined;
}

/** Settings of a ChainlinkOracle; fixed at its deployment. */
export interface OracleSettings {
  readonly pool: string;
  readonly baseFeed: string;
  readonly quoteFeed: string;
  /** Undefined where the chain has no sequencer. */
  readonly sequencerFeed: string | undefined;
  readonly baseHeartbeatSeconds: bigint;
  readonly quoteHeartbeatSeconds: bigint;
  readonly sequencerGraceSeconds: bigint;
  readonly twapWindowSeconds: bigint;
  readonly maxSpotDeviationBps: bigint;
  readonly maxTwapDeviationBps: bigint;
  readonly maxDepegBps: bigint;
  readonly bandBps: bigint;
}

/** Settings of a RealizedVolatility; fixed at its deployment. */
export interface VolatilitySettings {
  readonly pool: string;
  readonly windowSeconds: bigint;
  readonly minWindowSeconds: bigint;
  readonly refreshSeconds: bigint;
  readonly intervals: bigint;
  /** Unix seconds; 0 before the first. */
  readonly measuredAt: bigint;
  readonly volatilityBps: bigint;
}

/** Fee terms as the vault holds them. */
export interface FeeSettings {
  readonly recipient: string;
  readonly managementBps: bigint;
  readonly performanceBps: bigint;
  readonly accruedAt: bigint;
  /** Quote units a share unit × 1e30; 0 = the initial value. */
  readonly highWater: bigint;
  readonly nextManagementBps: bigint;
  readonly nextPerformanceBps: bigint;
  /** Unix seconds from which the next rates may be applied; 0 = none are pending. */
  readonly nextAt: bigint;
}

/** One vault at one block. */
export interface VaultSettings {
  readonly chainId: bigint;
  readonly block: BlockRef;
  readonly vault: string;
  readonly name: string;
  readonly symbol: string;
  readonly shareDecimals: number;
  readonly totalSupply: bigint;
  readonly epoch: bigint;
  readonly base: TokenSettings;
  readonly quote: TokenSettings;
  readonly authority: string;
  readonly registry: string;
  readonly policy: { readonly address: string; readonly params: PolicyParams };
  readonly adapters: readonly AdapterSettings[];
  readonly oracle: {
    readonly address: string;
    /** Undefined for an oracle that is no ChainlinkOracle. */
    readonly settings: OracleSettings | undefined;
    /** 0 = no price. */
    readonly priceWad: bigint;
    /** Bits of OracleFlag. */
    readonly flags: bigint;
  };
  readonly volatility: { readonly address: string; readonly settings: VolatilitySettings | undefined };
  readonly depositCapQuote: bigint;
  readonly fees: FeeSettings;
  readonly depositsPaused: boolean;
  readonly keeperPaused: boolean;
  readonly windDown: boolean;
  readonly degraded: boolean;
  /** `readyAt` 0 = none is announced. */
  readonly adapterChange: { readonly current: string; readonly next: string; readonly readyAt: bigint };
}

/**
 * Reads a vault's settings and its parts at a block.
 *
 * Throws ReadError when the contract there is no vault of this kind.
 */
export async function readVaultSettings(
  provider: JsonRpcApiProvider,
  vaultAddress: string,
  block: BlockRef,
): Promise<VaultSettings> {
  const at = { blockTag: block.number };
  const vault = vaultContract(vaultAddress, provider);
  const pair = await orUndefined(vault.pair(at));
  if (pair === undefined)
    throw new ReadError(`The contract at ${vaultAddress} is not a Hedgerow vault. Check --vault.`);
  const [authority, registry, policyAddress, liquidity, hedges, change, fees] = await Promise.all([
    vault.authority(at),
    vault.registry(at),
    vault.policy(at),
    vault.liquidity(at),
    vault.hedges(at),
    vault.adapterChange(at),
    vault.feeTerms(at),
  ]);
  const policy = policyContract(policyAddress, provider);
  const [identity, state, base, quote, params, volatilityAddress, oracle, adapters, chainId] = await Promise.all([
    Promise.all([vault.name(at), vault.symbol(at), vault.decimals(at), vault.totalSupply(at), vault.epoch(at)]),
    Promise.all([
      vault.depositsPaused(at),
      vault.keeperPaused(at),
      vault.windDown(at),
      vault.degraded(at),
      vault.depositCapQuote(at),
    ]),
    readToken(provider, pair.base),
    readToken(provider, pair.quote),
    policy.params(at),
    policy.volatility(at),
    readOracle(provider, pair.oracle, block),
    Promise.all([
      readAdapter(provider, { vault: vaultAddress, registry }, liquidity, "liquidity", block),
      ...hedges.map((hedge) => readAdapter(provider, { vault: vaultAddress, registry }, hedge, "hedge", block)),
    ]),
    provider.send("eth_chainId", []) as Promise<string>,
  ]);
  const [name, symbol, shareDecimals, totalSupply, epoch] = identity;
  const [depositsPaused, keeperPaused, windDown, degraded, depositCapQuote] = state;
  return {
    chainId: BigInt(chainId),
    block,
    vault: vaultAddress,
    name,
    symbol,
    shareDecimals: Number(shareDecimals),
    totalSupply,
    epoch,
    base,
    quote,
    authority,
    registry,
    policy: { address: policyAddress, params: toParams(params) },
    adapters,
    oracle,
    volatility: {
      address: volatilityAddress,
      settings: await orUndefined(readVolatility(provider, volatilityAddress, block)),
    },
    depositCapQuote,
    fees: {
      recipient: fees.recipient,
      managementBps: fees.managementBps,
      performanceBps: fees.performanceBps,
      accruedAt: fees.accruedAt,
      highWater: fees.highWater,
      nextManagementBps: fees.nextManagementBps,
      nextPerformanceBps: fees.nextPerformanceBps,
      nextAt: fees.nextAt,
    },
    depositsPaused,
    keeperPaused,
    windDown,
    degraded,
    adapterChange: { current: change.current, next: change.next, readyAt: change.readyAt },
  };
}

/** The parameters as plain values, in the order of the struct. */
export function toParams(params: PolicyParams): PolicyParams {
  return {
    maxDeltaBps: params.maxDeltaBps,
    maxLossBpsPerDay: params.maxLossBpsPerDay,
    maxTurnoverBpsPerDay: params.maxTurnoverBpsPerDay,
    maxSlippageBps: params.maxSlippageBps,
    minRangeTicks: params.minRangeTicks,
    cooldownSeconds: params.cooldownSeconds,
    exitDelaySeconds: params.exitDelaySeconds,
    keeperGraceSeconds: params.keeperGraceSeconds,
    emergencyDeltaBps: params.emergencyDeltaBps,
    healthFloorWad: params.healthFloorWad,
    healthPerVolatilityBps: params.healthPerVolatilityBps,
  };
}

/** ERC-1167 runtime code as OpenZeppelin's Clones writes it, arguments behind it. */
const CLONE = /^0x363d3d373d3d3d363d73([0-9a-f]{40})5af43d82803e903d91602b57fd5bf3/i;

/** Code that a minimal clone runs; undefined for anything else. */
export function implementationOf(code: string): string | undefined {
  const found = CLONE.exec(code)?.[1];
  return found === undefined ? undefined : getAddress(`0x${found}`);
}

/**
 * Reads what is known of one adapter, in use or proposed.
 *
 * @param parts The vault and the registry that it asks.
 */
export async function readAdapter(
  provider: JsonRpcApiProvider,
  parts: { readonly vault: string; readonly registry: string },
  address: string,
  kind: AdapterSettings["kind"],
  block: BlockRef,
): Promise<AdapterSettings> {
  const at = { blockTag: block.number };
  const registry = registryContract(parts.registry, provider);
  const implementation = implementationOf(await provider.getCode(address, block.number));
  const [admittedAs, isGenuine, venue] = await Promise.all([
    implementation === undefined ? 0n : registry.kindOf(implementation, at),
    orUndefined(registry.isAdapterOf(address, parts.vault, AdapterKind[kind], at)),
    kind === "hedge"
      ? orUndefined(aaveHedgeContract(address, provider).venue(at))
      : describePool(provider, address, block),
  ]);
  return {
    address,
    kind,
    implementation,
    isAdmitted: Number(admittedAs) === AdapterKind[kind],
    isGenuine,
    venue,
  };
}

/** "uniswap-v3" with the pool's fee, or undefined when the adapter does not answer. */
async function describePool(
  provider: JsonRpcApiProvider,
  address: string,
  block: BlockRef,
): Promise<string | undefined> {
  const feePips = await orUndefined(liquidityContract(address, provider).swapFeePips({ blockTag: block.number }));
  return feePips === undefined ? undefined : `uniswap-v3 ${Number(feePips) / 10_000} %`;
}

async function readToken(provider: JsonRpcApiProvider, address: string): Promise<TokenSettings> {
  const token = erc20Contract(address, provider);
  const [symbol, decimals] = await Promise.all([token.symbol(), token.decimals()]);
  return { address, symbol, decimals: Number(decimals) };
}

async function readOracle(
  provider: JsonRpcApiProvider,
  address: string,
  block: BlockRef,
): Promise<VaultSettings["oracle"]> {
  const at = { blockTag: block.number };
  const oracle = oracleContract(address, provider);
  const reading = await oracle.read(true, at);
  const settings = await orUndefined(
    Promise.all([
      oracle.pool(at),
      oracle.baseFeed(at),
      oracle.quoteFeed(at),
      oracle.sequencerFeed(at),
      oracle.baseHeartbeatSeconds(at),
      oracle.quoteHeartbeatSeconds(at),
      oracle.sequencerGraceSeconds(at),
      oracle.twapWindowSeconds(at),
      oracle.maxSpotDeviationBps(at),
      oracle.maxTwapDeviationBps(at),
      oracle.maxDepegBps(at),
      oracle.bandBps(at),
    ]),
  );
  return {
    address,
    priceWad: reading.priceWad,
    flags: reading.flags,
    settings:
      settings === undefined
        ? undefined
        : {
            pool: settings[0],
            baseFeed: settings[1],
            quoteFeed: settings[2],
            sequencerFeed: settings[3] === ZeroAddress ? undefined : settings[3],
            baseHeartbeatSeconds: settings[4],
            quoteHeartbeatSeconds: settings[5],
            sequencerGraceSeconds: settings[6],
            twapWindowSeconds: settings[7],
            maxSpotDeviationBps: settings[8],
            maxTwapDeviationBps: settings[9],
            maxDepegBps: settings[10],
            bandBps: settings[11],
          },
  };
}

async function readVolatility(
  provider: JsonRpcApiProvider,
  address: string,
  block: BlockRef,
): Promise<VolatilitySettings> {
  const at = { blockTag: block.number };
  const volatility = volatilityContract(address, provider);
  const [pool, windowSeconds, minWindowSeconds, refreshSeconds, intervals, measuredAt, volatilityBps] =
    await Promise.all([
      volatility.pool(at),
      volatility.windowSeconds(at),
      volatility.minWindowSeconds(at),
      volatility.refreshSeconds(at),
      volatility.intervals(at),
      volatility.measuredAt(at),
      volatility.volatilityBps(at),
    ]);
  return { pool, windowSeconds, minWindowSeconds, refreshSeconds, intervals, measuredAt, volatilityBps };
}

/** What a contract answers, or undefined where it has no such function or refuses; a node that fails still throws. */
async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isCallException(error) || isError(error, "BAD_DATA")) return undefined;
    throw error;
  }
}
