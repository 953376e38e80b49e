/** Who calls. `vault` and `pool` are impersonated, to reach what only they may call; they are asked and never sent. */
export type Caller = "stranger" | "holder" | "keeper" | "guardian" | "admin" | "vault" | "pool" | "adapter";

/** An outcome that the rule forbids (panic, no data, a text instead of a name) and why it is accepted here. */
export interface Exemption {
  readonly outcome: string;
  readonly reason: string;
}

/** How one function is tried. */
export interface Row {
  /** Besides a stranger and, where the function may write, a holder. */
  readonly by?: readonly Caller[];
  /** Names of argument lists that get through, see `bases` of the test; without any, ones and the caller. */
  readonly bases?: readonly string[];
  readonly allow?: readonly Exemption[];
}

const OVERFLOW = "Panic(17)";
const DIVISION = "Panic(18)";
const NO_DATA = "no data";

const unreasonable = (what: string): Exemption => ({
  outcome: OVERFLOW,
  reason: `${what} beyond anything that exists: ERC-4626 lets conversions revert for an unreasonably large input`,
});
const onlyVault = (outcome: string, what: string): Exemption => ({
  outcome,
  reason: `only the vault gets this far, and ${what}`,
});
/** Books as only a vault could hand in, and never does: prices come from the oracle, amounts from tokens that exist. */
const BOOKS: readonly Exemption[] = [
  onlyVault(OVERFLOW, "its NAV is a sum of token amounts, its turnover a product of them with a price"),
  onlyVault(DIVISION, "it never runs an operation at a price of zero"),
];
/** Parts as only a vault could ask for, and never does: shares of a supply that is not zero. */
const PARTS: readonly Exemption[] = [
  onlyVault(OVERFLOW, "no shares are more than the supply"),
  onlyVault(DIVISION, "a supply that somebody leaves is not zero"),
];
const anEnum: Exemption = {
  outcome: NO_DATA,
  reason: "the ABI decoder refuses a number that is no member of the enum",
};

/** Every function of every contract, by signature: one that has no row fails the test. */
export const ROWS: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  HedgedVault: {
    "accrueFees()": {},
    "adapterChange()": {},
    "allowance(address,address)": {},
    "applyFees()": {},
    "approve(address,uint256)": {},
    "asset()": {},
    "authority()": {},
    "balanceOf(address)": {},
    "book()": {},
    "cancelAdapterChange()": { by: ["guardian"] },
    "cancelRedeemRequest(uint256,address)": { bases: ["cancel"] },
    "claimCancelRedeemRequest(uint256,address,address)": { bases: ["takeBack"] },
    "claimableCancelRedeemRequest(uint256,address)": {},
    "claimableRedeemRequest(uint256,address)": {},
    "clearDegraded()": { by: ["admin"] },
    "convertToAssets(uint256)": {},
    "convertToShares(uint256)": { allow: [unreasonable("assets")] },
    "decimals()": {},
    "degraded()": {},
    "deposit(uint256,address)": { bases: ["deposit"], allow: [unreasonable("assets")] },
    "depositCapQuote()": {},
    "depositsPaused()": {},
    "epoch()": {},
    "executeAdapterChange()": { by: ["admin"] },
    "exitInKind(uint256,address,uint256,uint256)": { bases: ["exitInKind"] },
    "feeLedger()": {},
    "feeTerms()": {},
    "headSettledShares()": {},
    "hedgeNow()": {},
    "hedges()": {},
    "idle()": {},
    "initialize((address,address[],uint88,address,uint16,uint16))": {},
    "isConsumingScheduledOp()": {},
    "isOperator(address,address)": {},
    "keeperPaused()": {},
    "liquidity()": {},
    "maxDeposit(address)": {},
    "maxMint(address)": {},
    "maxRedeem(address)": {},
    "maxWithdraw(address)": {},
    "mint(uint256,address)": { bases: ["mint"] },
    "name()": {},
    "pair()": {},
    "pauseDeposits()": { by: ["guardian"] },
    "pauseKeeper()": { by: ["guardian"] },
    "pay(address,uint256,address)": { by: ["adapter"], bases: ["pay"] },
    "pendingCancelRedeemRequest(uint256,address)": {},
    "pendingRedeemRequest(uint256,address)": {},
    "policy()": {},
    "previewDeposit(uint256)": { allow: [unreasonable("assets")] },
    "previewMint(uint256)": {},
    "previewRedeem(uint256)": {},
    "previewWithdraw(uint256)": {},
    "proposeAdapterChange(address,address)": { by: ["admin"], bases: ["propose"] },
    "queueHead()": {},
    "queueTail()": {},
    "rebalance((uint8,uint8,int24,int24,int256,int256)[],(uint64,uint48,uint256,uint256))": {
      by: ["keeper"],
      bases: ["remove", "add", "adjust", "margin", "swap", "nothing"],
      allow: [
        {
          outcome: NO_DATA,
          reason:
            "the keeper's alone: an action of no known kind (the decoder), no liquidity to add or a tick off the spacing (the pool)",
        },
        { outcome: "Error(TLM)", reason: "the keeper's alone: the pool says that the lower tick is too low" },
        { outcome: "Error(TUM)", reason: "the keeper's alone: the pool says that the upper tick is too high" },
      ],
    },
    "reconcile()": {},
    "redeem(uint256,address,address)": { bases: ["redeem"] },
    "registry()": {},
    "requestOf(uint256)": {},
    "requestRedeem(uint256,address,address)": { bases: ["requestRedeem"] },
    "reservedQuote()": {},
    "resumeDeposits()": { by: ["admin"] },
    "resumeKeeper()": { by: ["admin"] },
    "setAuthority(address)": { by: ["admin"] },
    "setDepositCap(uint88)": { by: ["admin"] },
    "setFees(address,uint256,uint256)": { by: ["admin"], bases: ["setFees"] },
    "setOperator(address,bool)": {},
    "settle(uint256)": {},
    "settleShares(uint256,uint256)": { bases: ["settleShares"] },
    "share()": {},
    "startWindDown()": { by: ["guardian"] },
    "supportsInterface(bytes4)": {},
    "symbol()": {},
    "totalAssets()": {},
    "totalSupply()": {},
    "transfer(address,uint256)": {},
    "transferFrom(address,address,uint256)": { bases: ["transferFrom"] },
    "windDown()": {},
    "withdraw(uint256,address,address)": { bases: ["withdraw"] },
  },
  RiskPolicy: {
    "authority()": {},
    "bucketQuote(uint256)": { allow: [unreasonable("a value")] },
    "enforce((uint256,uint256,uint256,uint256,int256,int256,uint256,bool,bool),(uint256,uint256,uint256,uint256,int256,int256,uint256,bool,bool),(uint64,uint48,uint256,uint256),uint256)":
      { by: ["vault"], bases: ["enforce"], allow: BOOKS },
    "enforceEmergency((uint256,uint256,uint256,uint256,int256,int256,uint256,bool,bool),(uint256,uint256,uint256,uint256,int256,int256,uint256,bool,bool),uint256)":
      { by: ["vault"], bases: ["enforceEmergency"], allow: BOOKS },
    "enforceUnexecuted((uint256,uint256,uint256,uint256,int256,int256,uint256,bool,bool),(uint256,uint256,uint256,uint256,int256,int256,uint256,bool,bool))":
      { bases: ["enforceUnexecuted"], allow: BOOKS },
    "healthFloorNowWad()": {},
    "initialize(address,(uint16,uint16,uint24,uint16,uint16,uint24,uint24,uint24,uint16,uint64,uint16))": {
      bases: ["initializePolicy"],
    },
    "isConsumingScheduledOp()": {},
    "lastActionAt()": {},
    "maxSlippageBps()": {},
    "params()": {},
    "planBounds()": {},
    "setAuthority(address)": { by: ["admin"] },
    "setParams((uint16,uint16,uint24,uint16,uint16,uint24,uint24,uint24,uint16,uint64,uint16))": {
      by: ["admin"],
      bases: ["setParams"],
    },
    "turnoverBucketQuote(uint256)": { allow: [unreasonable("a value")] },
    "vault()": {},
    "volatility()": {},
  },
  VaultFactory: {
    "cloneAdapter((address,bytes),address,uint8)": {
      bases: ["cloneAdapter", "cloneLiquidity"],
      allow: [
        {
          outcome: NO_DATA,
          reason: "a number that is no kind (the decoder), or asking an address that is no vault for its pair",
        },
        { outcome: "unknown HostileReceiver_Refused()", reason: "what the test's own contract says, handed on" },
      ],
    },
    "create((address,address,address,address,address,(address,bytes),(address,bytes)[],(uint16,uint16,uint24,uint16,uint16,uint24,uint24,uint24,uint16,uint64,uint16),uint88,address,uint16,uint16,string,string))":
      {
        bases: ["create"],
        allow: [
          { outcome: NO_DATA, reason: "asking an address that is no token for its decimals; nothing was created" },
          { outcome: "unknown HostileReceiver_Refused()", reason: "what the test's own contract says, handed on" },
        ],
      },
    "policyImplementation()": {},
    "registry()": {},
    "vaultImplementation()": {},
  },
  AdapterRegistry: {
    "admit(address,uint8)": { by: ["admin"], bases: ["admit"], allow: [anEnum] },
    "authority()": {},
    "isAdapterOf(address,address,uint8)": { bases: ["isAdapterOf"], allow: [anEnum] },
    "isConsumingScheduledOp()": {},
    "kindOf(address)": {},
    "revoke(address)": { by: ["admin"], bases: ["revoke"] },
    "setAuthority(address)": { by: ["admin"] },
  },
  UniswapV3Liquidity: {
    "add(int24,int24,uint128)": {
      by: ["vault"],
      bases: ["addRange"],
      allow: [
        onlyVault(NO_DATA, "the pool refuses no liquidity, too much of it, and ticks off its spacing without a word"),
        onlyVault("Error(TLM)", "the pool has words for ticks"),
        onlyVault("Error(TLU)", "the pool has words for ticks"),
        onlyVault("Error(TUM)", "the pool has words for ticks"),
      ],
    },
    "args()": {},
    "factory()": {},
    "isGenuine()": {},
    "pool()": {},
    "ranges()": {},
    "read(uint256,uint256)": {
      bases: ["readLiquidity"],
      allow: [
        { outcome: OVERFLOW, reason: "a view: a price that no pool can have, or a band above 100 %" },
        { outcome: DIVISION, reason: "a view: a price of zero, which the oracle reports as no price" },
      ],
    },
    "remove(int24,int24,uint128)": { by: ["vault"], bases: ["removeRange"] },
    "removeShare(uint256,uint256)": { by: ["vault"], allow: PARTS },
    "swap(int256,uint256)": {
      by: ["vault"],
      bases: ["swapAtPool"],
      allow: [
        onlyVault(OVERFLOW, "PlanRunner refuses amounts beyond an int128 before"),
        onlyVault("Error(AS)", "PlanRunner refuses zero before"),
      ],
    },
    "swapFeePips()": {},
    "uniswapV3MintCallback(uint256,uint256,bytes)": { by: ["pool"] },
    "uniswapV3SwapCallback(int256,int256,bytes)": { by: ["pool"] },
  },
  AaveV3Hedge: {
    "abandoned()": {},
    "adjust(int256,int256)": {
      by: ["vault"],
      bases: ["adjustHedge"],
      allow: [onlyVault(OVERFLOW, "PlanRunner refuses amounts beyond an int128 before")],
    },
    "args()": {},
    "baseToUnwind(uint256,uint256)": {
      allow: [
        { outcome: OVERFLOW, reason: "a view: a fraction far above one" },
        { outcome: DIVISION, reason: "a view: a fraction with nothing below" },
      ],
    },
    "cancelStale()": {},
    "dropCollateral(address)": {
      bases: ["dropCollateral"],
      allow: [
        { outcome: "Error(43)", reason: "Aave: none of that asset is supplied" },
        { outcome: NO_DATA, reason: "Aave knows no such asset" },
      ],
    },
    "isEmpty()": {},
    "isGenuine()": {},
    "marginFactorWad()": {},
    "market()": {},
    "pendingDeltaBase()": {},
    "position()": {},
    "read(uint256)": {},
    "reconcile()": { by: ["vault"] },
    "recordedScaledCollateral()": {},
    "unwind(uint256,uint256)": { by: ["vault"], allow: PARTS },
    "unwindInKind(uint256,uint256,address)": { by: ["vault"], allow: PARTS },
    "venue()": {},
  },
  GmxV2Hedge: {
    "adjust(int256,int256)": {
      by: ["vault"],
      bases: ["adjustHedge", "openHedge"],
      allow: [onlyVault(OVERFLOW, "PlanRunner refuses amounts beyond an int128 before")],
    },
    "adoptRouter(address)": {},
    "afterOrderCancellation(bytes32,(((string,address)[],(string,address[])[]),((string,uint256)[],(string,uint256[])[]),((string,int256)[],(string,int256[])[]),((string,bool)[],(string,bool[])[]),((string,bytes32)[],(string,bytes32[])[]),((string,bytes)[],(string,bytes[])[]),((string,string)[],(string,string[])[])),(((string,address)[],(string,address[])[]),((string,uint256)[],(string,uint256[])[]),((string,int256)[],(string,int256[])[]),((string,bool)[],(string,bool[])[]),((string,bytes32)[],(string,bytes32[])[]),((string,bytes)[],(string,bytes[])[]),((string,string)[],(string,string[])[])))":
      {},
    "afterOrderExecution(bytes32,(((string,address)[],(string,address[])[]),((string,uint256)[],(string,uint256[])[]),((string,int256)[],(string,int256[])[]),((string,bool)[],(string,bool[])[]),((string,bytes32)[],(string,bytes32[])[]),((string,bytes)[],(string,bytes[])[]),((string,string)[],(string,string[])[])),(((string,address)[],(string,address[])[]),((string,uint256)[],(string,uint256[])[]),((string,int256)[],(string,int256[])[]),((string,bool)[],(string,bool[])[]),((string,bytes32)[],(string,bytes32[])[]),((string,bytes)[],(string,bytes[])[]),((string,string)[],(string,string[])[])))":
      {},
    "afterOrderFrozen(bytes32,(((string,address)[],(string,address[])[]),((string,uint256)[],(string,uint256[])[]),((string,int256)[],(string,int256[])[]),((string,bool)[],(string,bool[])[]),((string,bytes32)[],(string,bytes32[])[]),((string,bytes)[],(string,bytes[])[]),((string,string)[],(string,string[])[])),(((string,address)[],(string,address[])[]),((string,uint256)[],(string,uint256[])[]),((string,int256)[],(string,int256[])[]),((string,bool)[],(string,bool[])[]),((string,bytes32)[],(string,bytes32[])[]),((string,bytes)[],(string,bytes[])[]),((string,string)[],(string,string[])[])))":
      {},
    "args()": {},
    "baseToUnwind(uint256,uint256)": {},
    "cancelStale()": {},
    "claimCollateral(uint256[])": {
      allow: [{ outcome: OVERFLOW, reason: "GMX counts an hour beyond the end of time" }],
    },
    "claimFunding()": {},
    "dataStore()": {},
    "exchangeRouter()": {},
    "executionFeeWei(bool,uint256)": {
      allow: [{ outcome: OVERFLOW, reason: "a view: a gas price beyond all ETH there is" }],
    },
    "exitReceiver()": {},
    "inFlight()": {},
    "isEmpty()": {},
    "isGenuine()": {},
    "marginFactorWad()": {},
    "order()": {},
    "orderKey()": {},
    "orderVault()": {},
    "owedSizeUsd()": {},
    "owedTo(address)": {},
    "payExit(address)": {},
    "pendingDeltaBase()": {},
    "position()": {},
    "read(uint256)": {},
    "reader()": {},
    "reconcile()": { by: ["vault"] },
    "recordedSizeUsd()": {},
    "referralStorage()": {},
    "refundExecutionFee(bytes32,(((string,address)[],(string,address[])[]),((string,uint256)[],(string,uint256[])[]),((string,int256)[],(string,int256[])[]),((string,bool)[],(string,bool[])[]),((string,bytes32)[],(string,bytes32[])[]),((string,bytes)[],(string,bytes[])[]),((string,string)[],(string,string[])[])))":
      {},
    "roleStore()": {},
    "unwind(uint256,uint256)": {
      by: ["vault"],
      allow: [onlyVault(DIVISION, "a supply that somebody leaves is not zero")],
    },
    "unwindInKind(uint256,uint256,address)": {
      by: ["vault"],
      allow: [onlyVault(DIVISION, "a supply that somebody leaves is not zero")],
    },
    "venue()": {},
  },
  ChainlinkOracle: {
    "bandBps()": {},
    "baseFeed()": {},
    "baseHeartbeatSeconds()": {},
    "baseIsToken0()": {},
    "maxDepegBps()": {},
    "maxSpotDeviationBps()": {},
    "maxTwapDeviationBps()": {},
    "pool()": {},
    "quoteFeed()": {},
    "quoteHeartbeatSeconds()": {},
    "read(bool)": {},
    "scale()": {},
    "sequencerFeed()": {},
    "sequencerGraceSeconds()": {},
    "spotFlags(uint256)": {
      allow: [
        { outcome: OVERFLOW, reason: "a view: a price that no pool can have; the vault asks for one that `read` gave" },
        { outcome: DIVISION, reason: "a view: a price of zero, which `read` reports as no price" },
      ],
    },
    "twapWindowSeconds()": {},
  },
  RealizedVolatility: {
    "HALF_LIFE_SECONDS()": {},
    "intervals()": {},
    "measuredAt()": {},
    "minWindowSeconds()": {},
    "pool()": {},
    "refresh()": {},
    "refreshSeconds()": {},
    "volatilityBps()": {},
    "windowSeconds()": {},
  },
  VaultLens: {
    "read(address[])": { bases: ["readVaults"] },
    "readOne(address)": {
      bases: ["readVault"],
      allow: [
        { outcome: NO_DATA, reason: "no vault; `read`, which keepers use, hands the reason on instead" },
        { outcome: "unknown HostileReceiver_Refused()", reason: "what the test's own contract says, handed on" },
      ],
    },
  },
};
