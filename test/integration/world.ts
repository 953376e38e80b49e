import { type ContractTransactionReceipt, parseUnits, type Signer } from "ethers";

import { createMarketActors, type MarketActors } from "../../localnet/market.ts";
import type { Twin } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { erc20Contract, vaultContract } from "../../sdk/chain/contracts.ts";
import {
  deploySystem,
  deployVault,
  type SystemAddresses,
  type VaultAddresses,
  type Venues,
} from "../../sdk/chain/deployment.ts";
import { encodePlan } from "../../sdk/chain/encode.ts";
import { planFor } from "../../sdk/chain/plan.ts";
import { readSnapshot } from "../../sdk/chain/snapshot.ts";
import { decide } from "../../sdk/policy/decide.ts";
import { defaultSettings } from "../../sdk/policy/settings.ts";
import type { Decision, Market, Plan, PolicyParams, PolicySettings, Snapshot } from "../../sdk/policy/types.ts";
import type { HedgedVault } from "../../types/contracts/HedgedVault.ts";

/** What the keeper assumes about the market in these tests. */
export const TEST_MARKET: Market = { volatilityAnnual: 0.7, hedgeGasQuote: 1 };

/** A vault on a market of the twin, with its people. */
export interface VaultWorld {
  readonly twin: Twin;
  readonly market: TwinMarket;
  readonly actors: MarketActors;
  readonly system: SystemAddresses;
  readonly addresses: VaultAddresses;
  readonly vault: HedgedVault;
  readonly admin: Signer;
  readonly keeper: Signer;
  readonly guardian: Signer;
  readonly alice: Signer;
  readonly bob: Signer;
  snapshot(): Promise<Snapshot>;
  /** Gives quote to somebody and deposits it. */
  deposit(who: Signer, amount: string): Promise<ContractTransactionReceipt>;
  /** Sends a plan as the keeper. */
  send(plan: Plan): Promise<ContractTransactionReceipt>;
  /** One keeper tick without the keeper's machinery: snapshot, decide, plan, send. */
  tick(settings?: Partial<PolicySettings>): Promise<{ decision: Decision; receipt?: ContractTransactionReceipt }>;
}

/** The venues of one of the twin's markets. */
export function venuesOf(twin: Twin, market: TwinMarket): Venues {
  return {
    base: market.base,
    quote: market.quote,
    pool: market.pool,
    token0: market.token0,
    token1: market.token1,
    baseDecimals: market.baseDecimals,
    quoteDecimals: market.quoteDecimals,
    aavePool: twin.addresses.aavePool,
    quoteAToken: market.quoteReserve.aToken,
    baseDebtToken: market.baseReserve.variableDebtToken,
    baseFeed: market.baseFeed.proxy,
    quoteFeed: market.quoteFeed.proxy,
  };
}

export async function createVaultWorld(
  twin: Twin,
  options: { readonly market?: TwinMarket; readonly policy?: Partial<PolicyParams> } = {},
): Promise<VaultWorld> {
  const market = options.market ?? twin.market;
  const [admin, keeper, guardian, alice, bob] = (await twin.ethers.getSigners()) as unknown as [Signer, Signer, Signer, Signer, Signer];
  const system = await deploySystem(admin);
  const addresses = await deployVault(
    admin,
    system,
    venuesOf(twin, market),
    {
      admin: await admin.getAddress(),
      keeper: await keeper.getAddress(),
      guardian: await guardian.getAddress(),
      adminDelaySeconds: 0,
    },
    {
      name: "Hedgerow test vault",
      symbol: "hrTEST",
      depositCapQuote: parseUnits("100000000", market.quoteDecimals),
      policy: { cooldownSeconds: 0n, ...options.policy },
    },
  );
  const vault = vaultContract(addresses.vault, admin);
  const snapshot = async (): Promise<Snapshot> => await readSnapshot(twin.ethers.provider, system.lens, addresses.vault);
  const send = async (plan: Plan): Promise<ContractTransactionReceipt> => {
    const { to, data } = encodePlan(plan);
    const receipt = await (await keeper.sendTransaction({ to, data })).wait();
    if (receipt === null) throw new Error("no receipt");
    return receipt as ContractTransactionReceipt;
  };
  return {
    twin,
    market,
    actors: createMarketActors(twin, market),
    system,
    addresses,
    vault,
    admin,
    keeper,
    guardian,
    alice,
    bob,
    snapshot,
    send,
    async deposit(who, amount) {
      const assets = parseUnits(amount, market.quoteDecimals);
      const address = await who.getAddress();
      await twin.mint(market.quote, address, assets);
      const token = erc20Contract(market.quote, who);
      await (await token.getFunction("approve")(addresses.vault, assets)).wait();
      const receipt = await (await vault.connect(who).deposit(assets, address)).wait();
      if (receipt === null) throw new Error("no receipt");
      return receipt;
    },
    async tick(overrides = {}) {
      const settings = { ...defaultSettings, ...overrides };
      const now = await snapshot();
      const decision = decide(now, TEST_MARKET, settings);
      const plan = planFor(now, decision, settings);
      return plan === undefined ? { decision } : { decision, receipt: await send(plan) };
    },
  };
}
