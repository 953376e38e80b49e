import { createRequire } from "node:module";

import { expect } from "chai";
import { getAddress, id, Interface, type InterfaceAbi } from "ethers";
import { describe, it } from "mocha";

import { ACTORS } from "../../localnet/actors.ts";
import { MAINNET } from "../../localnet/addresses.ts";
import { GMX_ARBITRUM } from "../../localnet/gmx/addresses.ts";
import { ERC20_ABI } from "../../localnet/place/tokens.ts";
import { loadRecordedPool, RECORDING_ABSENT } from "../../localnet/recordedPool.ts";
import { createBalanceWriter } from "./funding.ts";
import { DATA_STORE_ABI, ROUTER_ABI } from "./gmxKeeper.ts";
import { ARBITRUM_FORK, BASE_FORK, FORK_NETWORKS, type ForkNetwork, MAINNET_FORK } from "./networks.ts";

const require = createRequire(import.meta.url);

/** What forks of genuine chains rest on, as far as it can be checked without one. */
describe("fork networks, as published", () => {
  const addressesOf = (value: unknown): readonly string[] => {
    if (typeof value === "string") return value.startsWith("0x") ? [value] : [];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(addressesOf) : [];
  };

  it("names addresses that are well-formed, and no token, feed or market twice", () => {
    for (const network of FORK_NETWORKS) {
      // A wrong letter breaks the checksum, and getAddress throws.
      for (const address of addressesOf(network)) expect(getAddress(address)).to.match(/^0x/);
      const { base, quote, baseFeed, quoteFeed } = network;
      const unique = [base.reserve, quote.reserve].flatMap((reserve) => Object.values(reserve) as string[]);
      unique.push(baseFeed.proxy, quoteFeed.proxy);
      expect(new Set(unique).size, network.name).to.equal(unique.length);
    }
    expect(new Set(FORK_NETWORKS.map(({ chainId }) => chainId))).to.deep.equal(new Set([1, 42_161, 8_453]));
  });

  it("agrees with the twin's addresses on Ethereum", () => {
    const { addresses, base, quote, baseFeed, quoteFeed }: ForkNetwork = MAINNET_FORK;
    const { uniswapV3Factory, swapRouter02, aavePool, multicall3 } = MAINNET;
    expect(addresses).to.deep.equal({ uniswapV3Factory, swapRouter02, aavePool, multicall3 });
    expect([base.address, quote.address]).to.deep.equal([MAINNET.weth, MAINNET.usdc]);
    expect([baseFeed.proxy, quoteFeed.proxy]).to.deep.equal([MAINNET.chainlinkEthUsd, MAINNET.chainlinkUsdcUsd]);
    expect(MAINNET_FORK.positionManager).to.equal(MAINNET.nonfungiblePositionManager);
  });

  it("takes Circle's own USDC, and the feeds that Aave itself reads where it reads Chainlink's directly", async () => {
    const { AaveV3Arbitrum, AaveV3Base } = await import("@bgd-labs/aave-address-book");
    expect(ARBITRUM_FORK.quote.address).to.equal("0xaf88d065e77c8cC2239327C5EDb3A432268e5831");
    expect(ARBITRUM_FORK.baseFeed.proxy).to.equal(AaveV3Arbitrum.ASSETS.WETH.ORACLE);
    expect(BASE_FORK.baseFeed.proxy).to.equal(AaveV3Base.ASSETS.WETH.ORACLE);
  });

  it("calls GMX by its published interface, for as much as is published", () => {
    const { exchangeRouter, dataStore, marketEthUsd } = GMX_ARBITRUM;
    expect(ARBITRUM_FORK.gmx).to.include({ exchangeRouter, dataStore, market: marketEthUsd });
    for (const [ours, name] of [
      [DATA_STORE_ABI, "DataStore"],
      [ROUTER_ABI, "ExchangeRouter"],
    ] as const) {
      const published = new Interface((require(`@gmx-io/sdk/abis/${name}`) as { default: InterfaceAbi }).default);
      ours.forEachFunction((fragment) => {
        expect(published.getFunction(fragment.selector)?.format("sighash"), name).to.equal(fragment.format("sighash"));
      });
    }
  });

  it("writes balances of the genuine USDC", async function () {
    const recorded = await loadRecordedPool();
    if (recorded === undefined) {
      console.log(`      ${RECORDING_ABSENT}`);
      return this.skip();
    }
    const { rpc } = recorded.twin;
    const write = await createBalanceWriter(rpc, MAINNET.usdc);
    const somebody = getAddress(`0x${id("hedgerow.somebody").slice(-40)}`);
    await write(somebody, 1_000_000n);
    await write(somebody, 5n);
    expect((await rpc.read(MAINNET.usdc, ERC20_ABI, "balanceOf", [somebody]))[0]).to.equal(1_000_005n);
    await rpc.impersonate(somebody);
    await rpc.write(somebody, MAINNET.usdc, ERC20_ABI, "transfer", [ACTORS.trader, 1_000_005n]);
    expect((await rpc.read(MAINNET.usdc, ERC20_ABI, "balanceOf", [somebody]))[0]).to.equal(0n);
    await recorded.twin.close();
  });
});
