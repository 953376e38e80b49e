import { createRequire } from "node:module";

import { expect } from "chai";
import { type Fragment, Interface, type InterfaceAbi, type ParamType } from "ethers";
import hre from "hardhat";
import { before, describe, it } from "mocha";

import { GMX_ARBITRUM } from "../../localnet/gmx/addresses.ts";
import { GMX_GENERAL, GMX_MARKET, GMX_MARKET_BY_SIDE } from "../../localnet/gmx/config.ts";
import { gmxKey } from "../../sdk/chain/gmxKeys.ts";

/** The package's modules for browsers do not resolve in Node; those for CommonJS do. */
const require = createRequire(import.meta.url);
const ARBITRUM = 42_161;
const sdkAbi = (name: string): Interface =>
  new Interface((require(`@gmx-io/sdk/abis/${name}`) as { default: InterfaceAbi }).default);

/** A type with all its parts, names of fields included where the venue names them. */
function shapeOf(type: ParamType, withNames: boolean): string {
  if (type.isArray()) return `${shapeOf(type.arrayChildren, withNames)}[]`;
  const inner = type.isTuple() ? `(${type.components.map((c) => shapeOf(c, withNames)).join(",")})` : type.type;
  return withNames && type.name !== "" ? `${inner} ${type.name.replace(/^_/, "")}` : inner;
}

describe("GMX v2, as the venue publishes it", () => {
  const ours: Record<string, Interface> = {};

  before(async () => {
    for (const name of [
      "IGmxV2ExchangeRouter",
      "IGmxV2Reader",
      "IGmxV2DataStore",
      "IGmxV2OrderCallbackReceiver",
      "GmxV2SimulatorEventEmitter",
      "GmxV2SimulatorExchangeRouter",
      "GmxV2SimulatorReader",
      "GmxV2SimulatorDataStore",
    ]) {
      ours[name] = new Interface((await hre.artifacts.readArtifact(name)).abi as InterfaceAbi);
    }
  });

  for (const [name, published] of [
    ["IGmxV2ExchangeRouter", "ExchangeRouter"],
    ["IGmxV2Reader", "SyntheticsReader"],
    ["IGmxV2DataStore", "DataStore"],
    ["GmxV2SimulatorReader", "SyntheticsReader"],
  ] as const) {
    it(`${name}: every function has the published selector, inputs, outputs and mutability`, () => {
      const sdk = sdkAbi(published);
      const functions = (ours[name] as Interface).fragments.filter((f): f is Fragment => f.type === "function");
      expect(functions.length).to.be.greaterThan(3);
      for (const fragment of functions) {
        const mine = (ours[name] as Interface).getFunction(fragment.format());
        const theirs = sdk.getFunction(mine?.selector ?? "");
        expect(theirs, fragment.format()).to.not.equal(null);
        expect(mine?.stateMutability, fragment.format()).to.equal(theirs?.stateMutability);
        // Names of a struct's fields say which number is which: they must be the venue's own.
        expect(mine?.inputs.map((i) => shapeOf(i, false))).to.deep.equal(theirs?.inputs.map((i) => shapeOf(i, false)));
        const fields = (types: readonly ParamType[] | undefined): readonly string[] | undefined =>
          types?.flatMap((t) => (t.isTuple() ? t.components.map((c) => shapeOf(c, true)) : [shapeOf(t, false)]));
        expect(fields(mine?.outputs), fragment.format()).to.deep.equal(fields(theirs?.outputs));
      }
    });
  }

  it("createOrder has the selector that the venue's users know", () => {
    expect((ours["IGmxV2ExchangeRouter"] as Interface).getFunction("createOrder")?.selector).to.equal("0xf59c48eb");
  });

  it("events of the simulator, and the data that callbacks carry, have the published form", () => {
    const sdk = sdkAbi("EventEmitter");
    for (const name of ["EventLog1", "EventLog2"]) {
      const mine = (ours["GmxV2SimulatorEventEmitter"] as Interface).getEvent(name);
      const theirs = sdk.getEvent(name);
      expect(mine?.topicHash).to.equal(theirs?.topicHash);
      expect(mine?.inputs.map((i) => i.indexed)).to.deep.equal(theirs?.inputs.map((i) => i.indexed));
      expect(shapeOf(mine?.inputs.at(-1) as ParamType, true)).to.equal(
        shapeOf(theirs?.inputs.at(-1) as ParamType, true),
      );
    }
    const data = sdk.getEvent("EventLog1")?.inputs.at(-1) as ParamType;
    for (const name of ["afterOrderExecution", "afterOrderCancellation", "afterOrderFrozen"]) {
      const callback = (ours["IGmxV2OrderCallbackReceiver"] as Interface).getFunction(name);
      expect(callback?.inputs.map((i) => shapeOf(i, false))).to.deep.equal([
        "bytes32",
        shapeOf(data, false),
        shapeOf(data, false),
      ]);
    }
  });

  it("the simulator's errors that the hedge's users may see are the venue's own", () => {
    const known = new Set(sdkAbi("CustomErrors").fragments.map((f) => f.format()));
    for (const name of [
      "CollateralAlreadyClaimed(uint256,uint256)",
      "DisabledFeature(bytes32)",
      "DisabledMarket(address)",
      "EmptyOrder()",
      "EmptyPosition()",
      "InsufficientExecutionFee(uint256,uint256)",
      "InsufficientGasLeftForCallback(uint256,uint256)",
      "InsufficientWntAmountForExecutionFee(uint256,uint256)",
      "MaxCallbackGasLimitExceeded(uint256,uint256)",
      "MaxOpenInterestExceeded(uint256,uint256)",
      "OrderNotFulfillableAtAcceptablePrice(uint256,uint256)",
      "RequestNotYetCancellable(uint256,uint256,string)",
      "Unauthorized(address,string)",
      "LiquidatablePosition(string,int256,int256,int256)",
      "UnableToWithdrawCollateral(int256)",
    ]) {
      expect(known.has(name), name).to.equal(true);
    }
  });

  it("stands at the addresses of the venue's own address book", () => {
    const { CONTRACTS } = require("@gmx-io/sdk/configs/contracts") as {
      CONTRACTS: Record<number, Record<string, string>>;
    };
    const { MARKETS } = require("@gmx-io/sdk/configs/markets") as {
      MARKETS: Record<number, Record<string, { indexTokenAddress: string; longTokenAddress: string }>>;
    };
    const book = CONTRACTS[ARBITRUM];
    expect({ ...GMX_ARBITRUM, marketEthUsd: undefined }).to.deep.equal({
      dataStore: book?.["DataStore"],
      eventEmitter: book?.["EventEmitter"],
      exchangeRouter: book?.["ExchangeRouter"],
      orderVault: book?.["OrderVault"],
      reader: book?.["SyntheticsReader"],
      router: book?.["SyntheticsRouter"],
      referralStorage: book?.["ReferralStorage"],
      marketEthUsd: undefined,
    });
    const market = MARKETS[ARBITRUM]?.[GMX_ARBITRUM.marketEthUsd];
    expect(market?.indexTokenAddress).to.equal(book?.["NATIVE_TOKEN"]);
    expect(market?.longTokenAddress).to.equal(book?.["NATIVE_TOKEN"]);
  });

  it("hashes keys of the DataStore as the venue does", () => {
    const sdk = require("@gmx-io/sdk/configs/dataStore") as Record<string, unknown> & {
      positionFeeFactorKey(market: string, improved: boolean): string;
      maxPositionImpactFactorKey(market: string, positive: boolean): string;
      minCollateralFactorForLiquidationKey(market: string): string;
      claimableFundingAmountKey(market: string, token: string, account: string): string;
      openInterestKey(market: string, token: string, isLong: boolean): string;
    };
    const plain = (name: string, constant = `${name}_KEY`): void => {
      expect(gmxKey(name), name).to.equal(sdk[constant]);
    };
    for (const name of [
      "ORDER_LIST",
      "REQUEST_EXPIRATION_TIME",
      "MIN_POSITION_SIZE_USD",
      "MIN_COLLATERAL_USD",
      "INCREASE_ORDER_GAS_LIMIT",
      "DECREASE_ORDER_GAS_LIMIT",
    ]) {
      plain(name);
    }
    for (const name of [
      "ESTIMATED_GAS_FEE_BASE_AMOUNT_V2_1",
      "ESTIMATED_GAS_FEE_PER_ORACLE_PRICE",
      "ESTIMATED_GAS_FEE_MULTIPLIER_FACTOR",
    ]) {
      plain(name, name);
    }
    const m = GMX_ARBITRUM.marketEthUsd;
    const market = ["address", m] as const;
    expect(gmxKey("POSITION_FEE_FACTOR", market, ["bool", false])).to.equal(sdk.positionFeeFactorKey(m, false));
    expect(gmxKey("MAX_POSITION_IMPACT_FACTOR", market, ["bool", false])).to.equal(
      sdk.maxPositionImpactFactorKey(m, false),
    );
    expect(gmxKey("MIN_COLLATERAL_FACTOR_FOR_LIQUIDATION", market)).to.equal(
      sdk.minCollateralFactorForLiquidationKey(m),
    );
    expect(gmxKey("CLAIMABLE_FUNDING_AMOUNT", market, ["address", m], ["address", m])).to.equal(
      sdk.claimableFundingAmountKey(m, m, m),
    );
    expect(gmxKey("OPEN_INTEREST", market, ["address", m], ["bool", true])).to.equal(sdk.openInterestKey(m, m, true));
  });

  it("uses the venue's published terms", () => {
    const FLOAT = 10n ** 30n;
    expect(GMX_MARKET_BY_SIDE.POSITION_FEE_FACTOR).to.deep.equal({
      true: (FLOAT * 4n) / 10_000n,
      false: (FLOAT * 6n) / 10_000n,
    });
    expect(GMX_MARKET.MIN_COLLATERAL_FACTOR).to.equal(FLOAT / 200n);
    expect(GMX_MARKET.LIQUIDATION_FEE_FACTOR).to.equal(FLOAT / 500n);
    expect(GMX_GENERAL.REQUEST_EXPIRATION_TIME).to.equal(300n);
  });
});
