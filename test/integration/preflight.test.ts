import { expect } from "chai";
import { parseEther, parseUnits, type JsonRpcProvider } from "ethers";

import { checkAccount, checkKeeper, checkSystem } from "../../cli/deploy/preflight/account.ts";
import { readRoom } from "../../cli/deploy/preflight/pool.ts";
import { runPreflight } from "../../cli/deploy/preflight/run.ts";
import { preparePool } from "../../cli/deploy/preparePool.ts";
import { readEnvironment } from "../../cli/env.ts";
import { createOutput } from "../../cli/output.ts";
import { collect } from "../unit/cli/host.ts";
import type { Finding } from "../../cli/deploy/preflight/types.ts";
import { resolveVault } from "../../cli/deploy/resolve.ts";
import { parseVaultSpec } from "../../cli/deploy/spec.ts";
import { DEPLOYERS } from "../../localnet/addresses.ts";
import { aaveArtifact, initCodeOf, npmArtifact } from "../../localnet/artifacts.ts";
import { createGmxV2SimulatorDriver, type GmxV2SimulatorDriver } from "../../localnet/gmx/driver.ts";
import { placeGmxV2Simulator } from "../../localnet/gmx/place.ts";
import { createMarketActors, type MarketActors } from "../../localnet/market.ts";
import { placeFeed, submitAnswer } from "../../localnet/place/chainlink.ts";
import { FACTORY_ABI, POOL_ABI } from "../../localnet/place/uniswap.ts";
import { sqrtPriceX96FromPrice } from "../../localnet/price.ts";
import type { Twin } from "../../localnet/twin.ts";
import { connectEip1193 } from "../../keeper/rpc.ts";
import { gmxV2MarketKeys } from "../../sdk/chain/networks/gmx.ts";
import { local } from "../../sdk/chain/networks/local.ts";
import type { NetworkDescription } from "../../sdk/chain/networks/types.ts";
import type { SystemAddresses } from "../../sdk/chain/deployment.ts";
import { useTwin } from "./world.ts";

const DEPLOYER = "0x00000000000000000000000000000000000de901";
const ROLES = {
  admin: "0x00000000000000000000000000000000000ad001",
  keeper: "0x00000000000000000000000000000000000ad002",
  guardian: "0x00000000000000000000000000000000000ad003",
  adminDelaySeconds: 172_800,
};
const PLAIN = {
  name: "n",
  symbol: "s",
  base: "WETH",
  quote: "USDC",
  feePips: 500,
  hedges: ["aaveV3"],
  depositCap: "1",
};
const NOBODY = "0x00000000000000000000000000000000000e4470";

type SpecChange = Readonly<Record<string, unknown>>;

/** What a mistake changes: the vault's file, the network's table, or the chain itself. */
interface Change {
  readonly spec?: SpecChange;
  readonly network?: Partial<NetworkDescription>;
  readonly deployer?: string;
}

interface World {
  readonly twin: Twin;
  readonly actors: MarketActors;
  readonly gmx: GmxV2SimulatorDriver;
  readonly gmxMarket: string;
}

interface Mistake {
  readonly title: string;
  readonly code: string;
  /** A part of the sentence that says what to do. */
  readonly advice: string;
  make(world: World): Promise<Change | undefined> | Change | undefined;
}

const CONFIGURATOR_ABI = aaveArtifact("protocol/pool/PoolConfigurator").abi;

function aave(method: string, args: (twin: Twin) => readonly unknown[]): Mistake["make"] {
  return async ({ twin }) => {
    const at = twin.addresses.aavePoolConfigurator;
    await twin.rpc.write(DEPLOYERS.aaveGovernance, at, CONFIGURATOR_ABI, method, args(twin));
    return undefined;
  };
}

/** A pool of the pair at another fee, started at a price, with nothing in it. */
async function emptyPool(twin: Twin, price: number): Promise<string> {
  const { market, rpc } = twin;
  const from = DEPLOYERS.uniswapV3;
  const { uniswapV3Factory } = twin.addresses;
  await rpc.write(from, uniswapV3Factory, FACTORY_ABI, "createPool", [market.base, market.quote, 3_000]);
  const [pool] = await rpc.read(uniswapV3Factory, FACTORY_ABI, "getPool", [market.base, market.quote, 3_000]);
  await rpc.write(from, pool as string, POOL_ABI, "initialize", [sqrtPriceX96FromPrice(price, market)]);
  return pool as string;
}

const ON_GMX: SpecChange = { hedges: ["gmxV2"] };

const MISTAKES: readonly Mistake[] = [
  // --- the description
  {
    title: "admin is the deployer",
    code: "admin-is-deployer",
    advice: "--admin",
    make: () => ({ spec: { roles: { ...ROLES, admin: DEPLOYER } } }),
  },
  {
    title: "keeper is the guardian",
    code: "roles-not-distinct",
    advice: "--guardian another address",
    make: () => ({ spec: { roles: { ...ROLES, guardian: ROLES.keeper } } }),
  },
  {
    title: "the guardian is nobody",
    code: "role-is-nobody",
    advice: "that somebody holds",
    make: () => ({ spec: { roles: { ...ROLES, guardian: `0x${"0".repeat(40)}` } } }),
  },
  {
    title: "no delay for the admin",
    code: "no-admin-delay",
    advice: "--admin-delay-seconds",
    make: () => ({ spec: { roles: { ...ROLES, adminDelaySeconds: 0 } } }),
  },
  {
    title: "fees above the caps",
    code: "fees-too-high",
    advice: "at most 200 and 2000",
    make: () => ({ spec: { fees: { recipient: ROLES.admin, managementBps: 300, performanceBps: 0 } } }),
  },
  {
    title: "fees for nobody",
    code: "no-fee-recipient",
    advice: "Set fees.recipient",
    make: () => ({ spec: { fees: { recipient: `0x${"0".repeat(40)}`, managementBps: 10, performanceBps: 0 } } }),
  },
  {
    title: "a name of 40 bytes",
    code: "name-too-long",
    advice: "Shorten it to 31",
    make: () => ({ spec: { name: "A vault whose name is longer than a word" } }),
  },
  {
    title: "slippage below the pool's fee",
    code: "slippage-out-of-bounds",
    advice: "above the pool's fee",
    make: () => ({ spec: { policy: { maxSlippageBps: 5 } } }),
  },
  {
    title: "an emergency inside the band",
    code: "emergency-band-inside",
    advice: "from maxDeltaBps",
    make: () => ({ spec: { policy: { emergencyDeltaBps: 100 } } }),
  },
  {
    title: "a setting that the contract refuses",
    code: "setting-out-of-bounds",
    advice: "The contract takes",
    make: () => ({ spec: { oracle: { bandBps: 900 } } }),
  },
  {
    title: "a heartbeat shorter than the feed's",
    code: "heartbeat-too-short",
    advice: "Raise it",
    make: () => ({ spec: { oracle: { baseHeartbeatSeconds: 600 } } }),
  },
  // --- the account
  {
    title: "a deployer without ETH",
    code: "deployer-too-poor",
    advice: "Send it more",
    make: () => ({ deployer: NOBODY }),
  },
  {
    title: "the node of another chain",
    code: "wrong-chain",
    advice: "Point --rpc",
    make: () => ({ network: { chainId: 1 } }),
  },
  // --- the tokens
  {
    title: "a token that is not there",
    code: "no-token",
    advice: "Correct the address",
    make: () => ({
      spec: {
        hedges: ["gmxV2"],
        quote: { symbol: "USDC", address: NOBODY, decimals: 6, feed: "USDC / USD" },
        venues: { gmxMarket: NOBODY },
      },
    }),
  },
  {
    title: "wrong decimals of the quote",
    code: "token-decimals",
    advice: "Correct decimals",
    make: ({ twin }) => ({
      spec: { quote: { symbol: "USDC", address: twin.market.quote, decimals: 18, feed: "USDC / USD" } },
    }),
  },
  {
    title: "another token than is described",
    code: "token-symbol",
    advice: "Is it the right token?",
    make: ({ twin }) => ({
      spec: { base: { symbol: "WBTC", address: twin.market.base, decimals: 18, feed: "ETH / USD" } },
    }),
  },
  // --- the feeds
  {
    title: "no feed at the address",
    code: "no-feed",
    advice: "Correct the address",
    make: () => ({ spec: { venues: { baseFeed: NOBODY } } }),
  },
  {
    title: "the feed of another pair",
    code: "feed-of-another-pair",
    advice: "Correct the address",
    make: ({ twin }) => ({ spec: { venues: { baseFeed: twin.market.quoteFeed.proxy } } }),
  },
  {
    title: "a feed that stopped",
    code: "feed-stale",
    advice: "alive",
    make: async ({ twin }) => {
      await twin.advance(7_200);
      return undefined;
    },
  },
  {
    title: "a feed that never answered",
    code: "feed-without-answer",
    advice: "Use another feed",
    make: async ({ twin }) => {
      const feed = await placeFeed(twin.rpc, { description: "ETH / USD", deviationBps: 50, heartbeatSeconds: 3_600 });
      return { spec: { venues: { baseFeed: feed.proxy } } };
    },
  },
  {
    title: "a quote that lost its peg",
    code: "quote-off-peg",
    advice: "another quote",
    make: async ({ actors }) => {
      await actors.pushOracle({ baseUsd: 2_500 * 0.9, quoteUsd: 0.9 });
      return undefined;
    },
  },
  {
    title: "a sequencer that is down",
    code: "sequencer-down",
    advice: "Wait until it is up",
    make: async ({ twin }) => {
      const feed = await placeFeed(twin.rpc, { description: "Sequencer", deviationBps: 0, heartbeatSeconds: 86_400 });
      await submitAnswer(twin.rpc, feed, 1n);
      return { network: { sequencerFeed: feed.proxy } };
    },
  },
  {
    title: "a rollup without a sequencer feed",
    code: "no-sequencer-feed",
    advice: "a halted chain",
    make: () => ({ network: { isRollup: true, isTestnet: false } }),
  },
  // --- the pool
  {
    title: "a fee that has no pool",
    code: "no-pool",
    advice: "Choose another feePips",
    make: () => ({ spec: { feePips: 10_000, policy: { maxSlippageBps: 200 } } }),
  },
  {
    title: "the pool of another factory",
    code: "pool-of-another-factory",
    advice: "Correct venues.pool",
    make: async ({ twin }) => {
      const { rpc, market } = twin;
      const artifact = npmArtifact("@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json");
      const factory = await rpc.deploy(DEPLOYERS.uniswapV3, initCodeOf(artifact));
      await rpc.write(DEPLOYERS.uniswapV3, factory, FACTORY_ABI, "createPool", [market.base, market.quote, 500]);
      const [pool] = await rpc.read(factory, FACTORY_ABI, "getPool", [market.base, market.quote, 500]);
      return { spec: { venues: { pool } } };
    },
  },
  {
    title: "the pool of other tokens",
    code: "pool-of-other-tokens",
    advice: "Correct venues.pool",
    make: async ({ twin }) => {
      const other = await twin.createMarket({ baseDecimals: 18, quoteDecimals: 6, baseIsToken0: true });
      return { spec: { venues: { pool: other.pool } } };
    },
  },
  {
    title: "a pool with nothing in it",
    code: "pool-empty",
    advice: "Choose another feePips",
    make: async ({ twin }) => {
      await emptyPool(twin, 2_500);
      return { spec: { feePips: 3_000 } };
    },
  },
  {
    title: "a pool that remembers one block",
    code: "pool-forgets",
    advice: "increaseObservationCardinalityNext(151)",
    make: async ({ twin }) => {
      await emptyPool(twin, 2_500);
      return { spec: { feePips: 3_000 } };
    },
  },
  {
    title: "a pool far from the feeds",
    code: "pool-off-oracle",
    advice: "Wait for arbitrage",
    make: async ({ actors }) => {
      await actors.moveTo(2_600);
      return undefined;
    },
  },
  // --- Aave
  {
    title: "Aave froze the quote",
    code: "aave-frozen",
    advice: "Wait until its governance",
    make: aave("setReserveFreeze", (twin) => [twin.market.quote, true]),
  },
  {
    title: "Aave paused the base",
    code: "aave-paused",
    advice: "Wait until its guardian",
    make: aave("setReservePause", (twin) => [twin.market.base, true]),
  },
  {
    title: "Aave does not lend the base",
    code: "aave-no-borrowing",
    advice: "another base",
    make: aave("setReserveBorrowing", (twin) => [twin.market.base, false]),
  },
  {
    title: "Aave lends nothing against the quote",
    code: "aave-no-collateral",
    advice: "another quote",
    make: aave("configureReserveAsCollateral", (twin) => [twin.market.quote, 0, 7_800, 10_450]),
  },
  {
    title: "Aave's supply cap is nearly reached",
    code: "aave-supply-cap",
    advice: "Lower depositCap",
    make: aave("setSupplyCap", (twin) => [twin.market.quote, 200_100_000]),
  },
  {
    title: "Aave's borrow cap is nearly reached",
    code: "aave-borrow-cap",
    advice: "Lower depositCap",
    make: aave("setBorrowCap", (twin) => [twin.market.base, 33_360]),
  },
  {
    title: "another debt token than Aave's",
    code: "aave-token-mismatch",
    advice: "Update @bgd-labs/aave-address-book",
    make: () => ({
      network: {
        aaveV3: {
          ...local.aaveV3,
          reserves: local.aaveV3.reserves.map((r) => ({ ...r, variableDebtToken: r.aToken })),
        },
      },
    }),
  },
  // --- GMX
  {
    title: "a market that GMX does not have",
    code: "gmx-no-market",
    advice: "Correct venues.gmxMarket",
    make: () => ({ spec: { ...ON_GMX, venues: { gmxMarket: NOBODY } } }),
  },
  {
    title: "a market of other tokens",
    code: "gmx-other-tokens",
    advice: "Correct venues.gmxMarket",
    make: ({ twin, gmxMarket }) => ({
      // A WETH of somebody else: the vault's base is not what the market trades.
      spec: {
        ...ON_GMX,
        base: { symbol: "USDC", address: twin.market.quote, decimals: 6, feed: "USDC / USD" },
        quote: { symbol: "WETH", address: twin.market.base, decimals: 18, feed: "ETH / USD" },
        venues: { gmxMarket },
      },
    }),
  },
  {
    title: "a market that GMX disabled",
    code: "gmx-disabled",
    advice: "another market",
    make: async ({ twin, gmx, gmxMarket }) => {
      const { base: longToken, quote: shortToken } = twin.market;
      await gmx.setBool(gmxV2MarketKeys({ market: gmxMarket, longToken, shortToken }).isDisabled, true);
      return { spec: ON_GMX };
    },
  },
  {
    title: "a market without room for shorts",
    code: "gmx-open-interest",
    advice: "Lower depositCap",
    make: async ({ twin, gmx, gmxMarket }) => {
      const { base: longToken, quote: shortToken } = twin.market;
      await gmx.setUint(gmxV2MarketKeys({ market: gmxMarket, longToken, shortToken }).maxOpenInterest, 10n ** 33n);
      return { spec: ON_GMX };
    },
  },
];

describe("preflight", () => {
  let world: World;
  let gmxVenue: NonNullable<NetworkDescription["gmxV2"]>["venue"];

  useTwin(async (twin) => {
    const gmx = await placeGmxV2Simulator(twin);
    gmxVenue = gmx;
    world = {
      twin,
      actors: createMarketActors(twin),
      gmx: await createGmxV2SimulatorDriver(twin, gmx),
      gmxMarket: gmx.market,
    };
    await twin.fund(DEPLOYER, { eth: parseEther("10") });
    await twin.fund(ROLES.keeper, { eth: parseEther("1") });
  });

  async function look(change: Change = {}, system?: SystemAddresses): Promise<readonly Finding[]> {
    const { twin, gmxMarket } = world;
    const { base, quote } = twin.market;
    const market = { market: gmxMarket, indexToken: base, longToken: base, shortToken: quote };
    const network = { ...local, isPublic: true, gmxV2: { venue: gmxVenue, markets: [market] }, ...change.network };
    const spec = {
      name: "Preflight",
      symbol: "hrPRE",
      base: "WETH",
      quote: "USDC",
      feePips: 500,
      hedges: ["aaveV3"],
      depositCap: "1000000",
      roles: ROLES,
      ...change.spec,
    };
    const vault = resolveVault(parseVaultSpec(spec, "spec.json"), network);
    const rpc = connectEip1193(twin.provider, 31_337n);
    const further = [
      checkAccount(system !== undefined),
      checkKeeper,
      ...(system ? [checkSystem(system, "system.json")] : []),
    ];
    return await runPreflight({ vault, rpc, deployer: change.deployer ?? DEPLOYER }, further);
  }

  it("finds nothing wrong with a vault that is right, on either venue", async () => {
    expect(await look()).to.deep.equal([]);
    expect(await look({ spec: ON_GMX })).to.deep.equal([]);
    expect(await look({ spec: { hedges: ["aaveV3", "gmxV2"] } })).to.deep.equal([]);
  });

  for (const mistake of MISTAKES) {
    const { title, code, advice } = mistake;
    it(`catches: ${title}`, async () => {
      const change = await mistake.make(world);
      const findings = await look(change);
      const found = findings.filter((finding) => finding.code === code);
      expect(
        found.map(({ level }) => level),
        JSON.stringify(findings),
      ).to.include("error");
      expect(found[0]?.text).to.include(advice).and.match(/[.?]$/);
      expect(findings.map((finding) => finding.code)).to.not.include("unreadable");
    });
  }

  it("catches at least twenty different ones", () => {
    expect(new Set(MISTAKES.map(({ code }) => code)).size).to.be.at.least(20);
  });

  it("reports all of them at once", async () => {
    const { twin, actors } = world;
    await actors.moveTo(2_600);
    await twin.advance(7_200);
    const findings = await look({
      deployer: NOBODY,
      spec: { name: "A vault whose name is longer than a word", roles: { ...ROLES, guardian: ROLES.keeper } },
    });
    expect(findings.map(({ code }) => code)).to.include.members([
      "name-too-long",
      "roles-not-distinct",
      "feed-stale",
      "pool-off-oracle",
      "deployer-too-poor",
    ]);
  });

  it("warns of what is no mistake", async () => {
    const poor = await look({ spec: { roles: { ...ROLES, keeper: NOBODY, adminDelaySeconds: 60 } } });
    expect(poor.map(({ code, level }) => [code, level])).to.have.deep.members([
      ["keeper-too-poor", "warning"],
      ["short-admin-delay", "warning"],
    ]);
    const large = await look({ spec: { depositCap: parseUnits("100", 6).toString() } });
    expect(large.map(({ code }) => code)).to.deep.equal(["cap-large-for-pool"]);
  });

  it("--prepare-pool gives the pool the room that was missing, once, and only with --yes", async () => {
    const { twin } = world;
    const pool = await emptyPool(twin, 2_500);
    const vault = resolveVault(parseVaultSpec({ ...PLAIN, feePips: 3_000, roles: ROLES }, "spec.json"), local);
    const rpc = connectEip1193(twin.provider, 31_337n) as unknown as JsonRpcProvider;
    const [somebody] = await twin.ethers.getSigners();
    if (somebody === undefined) throw new Error("no account");
    const account = { address: await somebody.getAddress(), connect: () => Promise.resolve(somebody) };
    const { stream } = collect();
    const output = createOutput({ stdout: stream, stderr: stream, noColor: true });
    const context = { environment: readEnvironment({}), output, signal: new AbortController().signal };
    const sent = (): Promise<number> => twin.ethers.provider.getTransactionCount(account.address);
    const before = await sent();
    await preparePool(vault, rpc, account, {}, context);
    expect([await readRoom(rpc, pool), await sent()]).to.deep.equal([1, before]);
    await preparePool(vault, rpc, account, { yes: true }, context);
    await preparePool(vault, rpc, account, { yes: true }, context);
    expect([await readRoom(rpc, pool), await sent()]).to.deep.equal([151, before + 1]);
    expect((await look({ spec: { feePips: 3_000 } })).map(({ code }) => code)).to.not.include("pool-forgets");
  });

  it("notices that the code of an earlier deployment is gone", async () => {
    const gone = Object.fromEntries(["factory", "lens", "registry"].map((name) => [name, NOBODY]));
    const findings = await look({}, gone as unknown as SystemAddresses);
    expect(findings.map(({ code, text }) => [code, text.includes("factory, lens, registry")])).to.deep.equal([
      ["system-gone", true],
    ]);
  });

  it("says that the node does not answer instead of passing", async () => {
    const vault = resolveVault(
      parseVaultSpec(
        {
          name: "n",
          symbol: "s",
          base: "WETH",
          quote: "USDC",
          feePips: 500,
          hedges: ["aaveV3"],
          depositCap: "1",
          roles: ROLES,
        },
        "spec.json",
      ),
      local,
    );
    const dead = {
      send: () => Promise.reject(new Error("socket hang up")),
      call: () => Promise.reject(new Error("socket hang up")),
    };
    const codes = (await runPreflight({ vault, rpc: dead, deployer: DEPLOYER })).map(({ code }) => code);
    expect(codes).to.deep.equal(["unreadable", "unreadable", "unreadable", "unreadable"]);
  });
});
