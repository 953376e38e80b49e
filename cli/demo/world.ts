import { HDNodeWallet, Mnemonic, parseUnits } from "ethers";
import type { Signer } from "ethers";

import { loadConfig } from "../../keeper/config.ts";
import { createManualClock } from "../../keeper/clock.ts";
import { silentLog } from "../../keeper/log.ts";
import { createKeeper } from "../../keeper/main.ts";
import type { Keeper } from "../../keeper/main.ts";
import type { TickRecord, VaultOutcome } from "../../keeper/outcomes.ts";
import { createMarketActors } from "../../localnet/market.ts";
import { serveExistingTwin } from "../../localnet/serve.ts";
import { startTwin } from "../../localnet/twin.ts";
import { venuesOf } from "../../localnet/venues.ts";
import type { LiquidityLayer } from "../../localnet/types.ts";
import type { Twin } from "../../localnet/twin.ts";
import { erc20Interface, vaultContract } from "../../sdk/chain/contracts.ts";
import { deploySystem, deployVault } from "../../sdk/chain/deployment.ts";
import { gmxV2HedgeSpec } from "../../sdk/chain/vaultSpec.ts";
import type { SystemAddresses, VaultAddresses } from "../../sdk/chain/deployment.ts";
import { readSnapshot } from "../../sdk/chain/snapshot.ts";
import { HedgerowError } from "../../sdk/errors.ts";
import type { Snapshot } from "../../sdk/policy/types.ts";
import type { Deployment } from "../deployment.ts";
import { createDemoGmx } from "./gmx.ts";
import type { DemoGmx } from "./gmx.ts";
import { observe } from "./observe.ts";
import type { DemoHedge } from "./options.ts";
import type { DemoWorld, MarketStep, TickReport } from "./types.ts";

/** As deep at the start as the twin's default, and as deep wherever a replay takes the price: a crash halves it. */
const DEMO_LIQUIDITY: readonly LiquidityLayer[] = [
  { rangeFactor: "full", valueQuote: 20_000_000 },
  { rangeFactor: 5, valueQuote: 120_000_000 },
];

/** Hardhat's well-known test accounts, which the twin funds: nobody's secret. */
const MNEMONIC = Mnemonic.fromPhrase("test test test test test test test test test test test junk");
const WEI_PER_ETH = 1e18;
/** Time between the start of the twin and the first bar: deployment and deposit fall into it. */
const SETUP_SECONDS = 3_600;
const CHAIN_ID = 31_337;
/** The keeper's own ceilings are for mainnet; a dearer gas price that the user chose must not stop it. */
const FEE_HEADROOM = 2.5;
const DEFAULT_MAX_FEE_GWEI = 60;

export interface WorldOptions {
  readonly startPrice: number;
  /** Unix seconds at which the replay begins. */
  readonly startTimestamp: number;
  /** In whole quote tokens. */
  readonly depositQuote: string;
  readonly rangeWidth: number;
  readonly isFeeGateEnabled: boolean;
  readonly hedge: DemoHedge;
  readonly gasPriceGwei: number;
  /** Port to serve JSON-RPC on; undefined: the chain stays inside this process. */
  readonly rpcPort: number | undefined;
}

/** An account of the demo with its key, which is public knowledge. */
export interface DemoAccount {
  readonly address: string;
  readonly privateKey: string;
}

/** A running twin with a vault that has its deposit, and a keeper that waits to be ticked. */
export interface TwinWorld extends DemoWorld {
  /** How to reach it from outside; undefined when the chain is not served. */
  readonly deployment: Deployment | undefined;
  readonly accounts: { readonly depositor: DemoAccount; readonly keeper: DemoAccount };
  /** Time of the newest block. */
  timestamp(): Promise<number>;
  /** Lets time pass in which nothing happens, not even to the feeds [s]. */
  wait(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** The demo's chain did not do what it should have. */
export class DemoError extends HedgerowError {}

/** Starts the twin, deploys and funds the vault, and wires the real keeper to it. */
export async function createTwinWorld(options: WorldOptions): Promise<TwinWorld> {
  const twin = await startTwin({
    liquidity: DEMO_LIQUIDITY,
    priceUsdcPerWeth: options.startPrice,
    startTimestampSeconds: options.startTimestamp - SETUP_SECONDS,
    baseFeeWei: parseUnits(options.gasPriceGwei.toFixed(9), 9),
  });
  try {
    return await furnish(twin, options);
  } catch (error) {
    await twin.close();
    throw error;
  }
}

async function furnish(twin: Twin, options: WorldOptions): Promise<TwinWorld> {
  const accounts = { admin: account(0), keeper: account(1), guardian: account(2), depositor: account(3) };
  const gmx = options.hedge === "aave" ? undefined : await createDemoGmx(twin, options.startPrice);
  const { system, vault } = await deploy(twin, accounts, options.hedge, gmx);
  const perp = gmx === undefined ? undefined : vault.hedges.at(-1);
  if (gmx !== undefined && perp !== undefined)
    await gmx.fund(perp, await twin.ethers.getSigner(accounts.keeper.address));
  await deposit(twin, accounts.depositor, vault.vault, options.depositQuote);

  const clock = createManualClock((await twin.timestamp()) * 1_000);
  const keeper = await createKeeper(
    loadConfig({
      env: {},
      overrides: {
        chainId: CHAIN_ID,
        lens: system.lens,
        vaults: [vault.vault],
        privateKey: accounts.keeper.privateKey,
        live: true,
        journalPath: ":memory:",
        maxFeeGwei: Math.max(DEFAULT_MAX_FEE_GWEI, options.gasPriceGwei * FEE_HEADROOM),
        emergencyMaxFeeGwei: Math.max(500, options.gasPriceGwei * FEE_HEADROOM * 2),
        // The gas price of the options is all that the keeper pays.
        maxPriorityFeeGwei: 0,
        policy: { rangeWidth: options.rangeWidth, feeGate: { enabled: options.isFeeGateEnabled } },
      },
    }),
    { eip1193: twin.provider, clock, log: silentLog },
  );

  const actors = createMarketActors(twin);
  let marketPrice = options.startPrice;
  const read = (): Promise<Snapshot> => readSnapshot(twin.ethers.provider, system.lens, vault.vault);
  await actors.step({ price: marketPrice, seconds: options.startTimestamp - (await twin.timestamp()), push: true });
  const served = options.rpcPort === undefined ? undefined : await serveExistingTwin(twin, options.rpcPort);

  return {
    units: { base: "WETH", quote: "USDC" },
    poolValueQuote: DEMO_LIQUIDITY.reduce((sum, layer) => sum + layer.valueQuote, 0),
    deployment: served === undefined ? undefined : describeDeployment(served.url, twin, system, vault),
    accounts: { depositor: accounts.depositor, keeper: accounts.keeper },
    timestamp: () => twin.timestamp(),
    wait: (seconds) => twin.advance(seconds),
    step: async (step: MarketStep) => {
      await actors.step({
        price: step.price,
        volumeQuote: step.volumeQuote,
        seconds: step.timestamp - (await twin.timestamp()),
      });
      marketPrice = step.price;
      await gmx?.setPrice(step.price);
    },
    answer: async (until) => {
      const answered = gmx === undefined || perp === undefined ? undefined : await gmx.answer(perp);
      if (answered === undefined) return undefined;
      // The keeper looks at every block; the next one at which the vault lets it act is soon enough to be seen here.
      const ready = (await read()).vault;
      const readyAt = Number(ready.lastActionAt + ready.policy.params.cooldownSeconds) + 1;
      if (readyAt < until && readyAt > (await twin.timestamp())) await twin.advanceTo(readyAt);
      return answered;
    },
    observe: async (phase, gasQuote) => observe(await read(), { phase, gasQuote, price: marketPrice }),
    tick: async (signal) => {
      clock.set((await twin.timestamp()) * 1_000);
      return reportTick(await keeper.tick(signal), keeper, marketPrice);
    },
    close: async () => {
      keeper.close();
      await (served === undefined ? twin.close() : served.close());
    },
  };
}

// --- setting up

function account(index: number): DemoAccount {
  const { address, privateKey } = HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${index}`);
  return { address, privateKey };
}

async function deploy(
  twin: Twin,
  accounts: { readonly admin: DemoAccount; readonly keeper: DemoAccount; readonly guardian: DemoAccount },
  hedge: DemoHedge,
  gmx: DemoGmx | undefined,
): Promise<{ readonly system: SystemAddresses; readonly vault: VaultAddresses }> {
  const admin: Signer = await twin.ethers.getSigner(accounts.admin.address);
  const venues = venuesOf(twin);
  const system = await deploySystem(admin, {
    ...twin.addresses,
    ...(gmx === undefined ? {} : { gmxV2: gmx.addresses }),
  });
  const perp =
    gmx === undefined || system.gmxV2Implementation === undefined
      ? []
      : [gmxV2HedgeSpec(system.gmxV2Implementation, venues, gmx.addresses.market)];
  const roles = {
    admin: accounts.admin.address,
    keeper: accounts.keeper.address,
    guardian: accounts.guardian.address,
    adminDelaySeconds: 0,
  };
  const vault = await deployVault(admin, system, venues, roles, {
    name: "Hedgerow ETH/USDC",
    symbol: "hrETHUSDC",
    depositCapQuote: parseUnits("100000000", twin.market.quoteDecimals),
    aave: hedge !== "gmx",
    hedges: perp,
  });
  return { system, vault };
}

async function deposit(twin: Twin, depositor: DemoAccount, vault: string, amount: string): Promise<void> {
  const assets = parseUnits(amount, twin.market.quoteDecimals);
  const signer: Signer = await twin.ethers.getSigner(depositor.address);
  await twin.mint(twin.market.quote, depositor.address, assets);
  const data = erc20Interface.encodeFunctionData("approve", [vault, assets]);
  await (await signer.sendTransaction({ to: twin.market.quote, data })).wait();
  const receipt = await (await vaultContract(vault, signer).deposit(assets, depositor.address)).wait();
  if (receipt?.status !== 1) throw new DemoError("The deposit into the demo's vault failed.");
}

function describeDeployment(
  rpcUrl: string,
  { market }: Twin,
  system: SystemAddresses,
  addresses: VaultAddresses,
): Deployment {
  const { base, quote, pool } = market;
  return { chainId: CHAIN_ID, rpcUrl, lens: system.lens, factory: system.factory, base, quote, pool, ...addresses };
}

// --- the keeper

function reportTick(record: TickRecord, keeper: Keeper, price: number): TickReport {
  const [outcome] = record.outcomes;
  if (outcome === undefined) throw new DemoError("The keeper's tick reported on no vault.");
  const decision = "decision" in outcome ? outcome.decision : undefined;
  const gas = gasOf(record, keeper);
  return {
    kind: kindOf(outcome),
    decision: decision?.kind,
    text: textOf(outcome),
    band: decision?.band,
    gasUsed: gas.used,
    gasQuote: gas.eth * price,
  };
}

function kindOf(outcome: VaultOutcome): TickReport["kind"] {
  switch (outcome.kind) {
    case "held":
    case "sent":
    case "reverted":
    case "skipped":
    case "failed":
      return outcome.kind;
    case "pending":
    case "dryRun":
      // The twin mines at once and the keeper is live: neither can happen unless something is broken.
      return "failed";
  }
}

function textOf(outcome: VaultOutcome): string {
  switch (outcome.kind) {
    case "held":
    case "sent":
    case "dryRun":
    case "pending":
      return outcome.decision.reasons.map((reason) => reason.text).join(" ");
    case "reverted":
      return outcome.reason;
    case "skipped":
    case "failed":
      return outcome.text;
  }
}

/** What the keeper's transactions of a tick burnt, by its own journal. */
function gasOf(record: TickRecord, keeper: Keeper): { readonly used: number; readonly eth: number } {
  if (record.head === undefined) return { used: 0, eth: 0 };
  const mined = keeper.journal
    .listConfirmedSince(BigInt(CHAIN_ID), keeper.address, record.head.number + 1)
    .flatMap((intent) => intent.mined ?? []);
  return {
    used: mined.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0),
    eth:
      mined.reduce((sum, { gasUsed, effectiveGasPrice }) => sum + Number(gasUsed * effectiveGasPrice), 0) / WEI_PER_ETH,
  };
}
