// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import {SqrtPriceMath} from "@uniswap/v3-core-0.8/contracts/libraries/SqrtPriceMath.sol";
import {TickMath} from "@uniswap/v3-core-0.8/contracts/libraries/TickMath.sol";

import {IHedgedVault} from "../../../contracts/interfaces/IHedgedVault.sol";
import {ILiquidity, RangePosition} from "../../../contracts/interfaces/ILiquidity.sol";
import {IRiskPolicy, PolicyParams} from "../../../contracts/interfaces/IRiskPolicy.sol";
import {IUniswapV3Pool} from "../../../contracts/interfaces/external/IUniswapV3Pool.sol";
import {BPS, PriceMath} from "../../../contracts/libraries/PriceMath.sol";
import {StandInToken} from "../../../localnet/contracts/StandInToken.sol";
import {AdapterKind} from "../../../contracts/interfaces/IAdapterRegistry.sol";
import {HostileCall} from "../../contracts/HostileHedge.sol";
import {MarginHedge} from "../../contracts/MarginHedge.sol";
import {MarginVenue, VenueMood} from "../../contracts/MarginVenue.sol";
import {ScriptedFeed} from "../../contracts/ScriptedFeed.sol";
import {deployLinked} from "./Linker.sol";
import {IOracle, IRegistry, IVault, IVaultFactory} from "./Production.sol";
import {Trader} from "./Trader.sol";
import {deployCode, vm} from "./Vm.sol";

/// @notice What makes one world different from another.
/// @param baseIsToken0 Order of the pool's tokens.
/// @param policy Bounds of the vault.
/// @param hasFees Whether the vault charges the highest fees there are.
/// @param stayerAssets Quote of a holder who is there first and never leaves; 0 = the vault starts empty.
struct WorldSpec {
    bool baseIsToken0;
    PolicyParams policy;
    bool hasFees;
    uint256 stayerAssets;
}

/// @notice What the vault truly owns, found without asking the vault's own valuation.
/// @param navQuote Value at the oracle's price: idle funds, ranges, fees, and margin less debt where that is anything.
/// @param feeShares Shares of the fee recipient, who only ever gets more.
/// @param equityQuote Margin less debt, negative under water.
/// @param grossQuote The same with nothing subtracted: a scale for rounding.
struct Truth {
    uint256 priceWad;
    int256 navQuote;
    uint256 grossQuote;
    int256 deltaBase;
    uint256 supply;
    uint256 feeShares;
    int256 equityQuote;
}

interface IUniswapV3FactoryAndPool {
    function createPool(address tokenA, address tokenB, uint24 fee) external returns (address pool);

    function factory() external view returns (address);

    function initialize(uint160 sqrtPriceX96) external;

    function increaseObservationCardinalityNext(uint16 observationCardinalityNext) external;
}

/// @title One vault on a genuine Uniswap v3 pool, with its feeds, its venue and its people.
/// @dev The vault, its policy and the adapter are the production artifacts, so build before running.
contract World {
    string private constant UNISWAP_FACTORY =
        "node_modules/@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";
    string private constant TOKEN = "localnet/contracts/StandInToken.sol:StandInToken";
    uint64 private constant KEEPER_ROLE = 1;
    uint64 private constant GUARDIAN_ROLE = 2;
    uint256 public constant START_PRICE_WAD = 2_000e18;
    uint256 public constant START_TIME = 1_800_000_000;
    uint256 public constant SCALE = 1e30;
    uint24 private constant FEE_PIPS = 500;
    int24 public constant TICK_SPACING = 10;
    uint256 private constant FEED_UNIT = 1e8;
    /// @dev A market that a whale of the vault moves by a few bps, not by percents.
    uint256 private constant MARKET_DEPTH_QUOTE = 400_000_000e6;
    uint16 private constant OBSERVATIONS = 128;

    StandInToken public immutable quote;
    StandInToken public immutable base;
    bool public immutable baseIsToken0;
    IUniswapV3Pool public immutable pool;
    ScriptedFeed public immutable baseFeed;
    ScriptedFeed public immutable quoteFeed;
    IOracle public immutable oracle;
    AccessManager public immutable authority;
    IRegistry public immutable registry;
    IVaultFactory public immutable factory;
    IVault public immutable vault;
    IRiskPolicy public immutable policy;
    ILiquidity public immutable liquidity;
    MarginVenue public immutable venue;
    MarginHedge public immutable hedge;
    Trader public immutable market;

    address public immutable keeper = _person("keeper");
    address public immutable guardian = _person("guardian");
    address public immutable stranger = _person("stranger");
    /// @notice Gets the fees, and does nothing else until all leave.
    address public immutable feeRecipient = _person("fee recipient");
    Trader public immutable attacker;
    /// @dev Everybody who may hold shares or claims. The first never leaves, the last is the fee recipient.
    address[] private _holders;

    uint256 public priceWad = START_PRICE_WAD;
    uint256 public quoteUsdWad = 1e18;

    error World_Truth(Truth truth);

    constructor(WorldSpec memory spec) {
        vm.warp(START_TIME);
        baseIsToken0 = spec.baseIsToken0;
        (base, quote) = _deployTokens(spec.baseIsToken0);
        market = new Trader();
        attacker = new Trader();
        _holders = [_person("stayer"), _person("alice"), _person("bob"), _person("carol"), _person("whale")];
        _holders.push(address(attacker));
        _holders.push(feeRecipient);
        pool = _deployPool();
        (baseFeed, quoteFeed) = (new ScriptedFeed(8), new ScriptedFeed(8));
        refreshFeeds();
        oracle = IOracle(_deploy("contracts/oracles/ChainlinkOracle.sol:ChainlinkOracle", _oracleArgs()));
        authority = new AccessManager(address(this));
        venue = MarginVenue(
            _deploy("test/contracts/MarginVenue.sol:MarginVenue", abi.encode(address(base), address(quote), SCALE))
        );
        base.mint(address(venue), 1e9 ether);
        venue.setPrice(priceWad);
        registry = IRegistry(_deploy("contracts/AdapterRegistry.sol:AdapterRegistry", abi.encode(address(authority))));
        address vaultCode = deployLinked(
            "contracts/HedgedVault.sol",
            "HedgedVault",
            _libraries(),
            abi.encode(address(registry))
        );
        address policyCode = _deploy("contracts/RiskPolicy.sol:RiskPolicy", "");
        factory = IVaultFactory(_deploy("contracts/VaultFactory.sol:VaultFactory", abi.encode(vaultCode, policyCode)));
        vault = IVault(factory.create(_vaultSpec(spec)));
        policy = vault.policy();
        liquidity = vault.liquidity();
        hedge = MarginHedge(vault.hedges()[0]);
        _grantRoles();
        vm.warp(START_TIME + 1 hours);
        refreshFeeds();
        if (spec.stayerAssets > 0) depositFor(_holders[0], spec.stayerAssets);
    }

    // --- what the world does

    /// @notice The genuine price of base, in quote; the feeds follow, the pool does not.
    function setPrice(uint256 priceWad_) external {
        priceWad = priceWad_;
        refreshFeeds();
    }

    function setPeg(uint256 quoteUsdWad_) external {
        quoteUsdWad = quoteUsdWad_;
        refreshFeeds();
    }

    /// @notice A new round of both feeds with what they should say.
    function refreshFeeds() public {
        uint256 baseUsd = (priceWad * quoteUsdWad) / 1e18;
        if (address(venue) != address(0)) venue.setPrice(priceWad);
        baseFeed.set(int256((baseUsd * FEED_UNIT) / 1e18), block.timestamp, block.timestamp);
        quoteFeed.set(int256((quoteUsdWad * FEED_UNIT) / 1e18), block.timestamp, block.timestamp);
    }

    /// @notice Arbitrage: the pool ends this many bps away from the oracle's price.
    function movePool(int256 offsetBps) public {
        market.moveTo(pool, poolPriceAt(offsetBps));
    }

    /// @notice Everything healthy again: venue open and honest, fresh feeds on the peg, pool and its average agree.
    function heal() external {
        openVenue();
        quoteUsdWad = 1e18;
        refreshFeeds();
        movePool(0);
        vm.warp(block.timestamp + oracle.twapWindowSeconds() + 1);
        refreshFeeds();
    }

    /// @notice The venue open, honest and without a plot.
    function openVenue() public {
        VenueMood memory honest;
        venue.setMood(honest);
        venue.setCalls(new HostileCall[](0));
    }

    function depositFor(address who, uint256 assets) public returns (uint256 shares) {
        quote.mint(who, assets);
        vm.prank(who);
        quote.approve(address(vault), assets);
        vm.prank(who);
        return vault.deposit(assets, who);
    }

    // --- what the world knows

    function holders() external view returns (address[] memory) {
        return _holders;
    }

    function oraclePriceWad() public view returns (uint256) {
        return oracle.read(false).priceWad;
    }

    function poolPriceAt(int256 offsetBps) public view returns (uint160) {
        uint256 target = (oraclePriceWad() * uint256(int256(BPS) + offsetBps)) / BPS;
        return PriceMath.sqrtPriceX96Of(target, SCALE, baseIsToken0);
    }

    function currentTick() external view returns (int24 tick) {
        (, tick, , , , , ) = pool.slot0();
    }

    function quoteValue(uint256 baseAmount) public view returns (uint256) {
        return PriceMath.quoteOf(baseAmount, oraclePriceWad(), SCALE, Math.Rounding.Floor);
    }

    /// @notice Base and quote that liquidity is made of where the pool stands, rounded up.
    function amountsFor(int24 tickLower, int24 tickUpper, uint128 amount) external view returns (uint256, uint256) {
        (uint160 spot, , , , , , ) = pool.slot0();
        return _amounts(spot, tickLower, tickUpper, amount, true);
    }

    /// @notice A loan that a liquidation left under water is owed by nobody but the hedge, as long as it is.
    function isGivenUp() public view returns (bool) {
        return hedge.distressed() && hedgeEquity() < 0;
    }

    /// @notice Margin less debt, at the oracle's price.
    function hedgeEquity() public view returns (int256) {
        uint256 debt = venue.debtOf(address(hedge));
        uint256 debtQuote = PriceMath.quoteOf(debt, oraclePriceWad(), SCALE, Math.Rounding.Ceil);
        return int256(venue.collateralOf(address(hedge))) - int256(debtQuote);
    }

    /// @notice What the venue adds to the truth; nobody asks it about a loan that was given up.
    function lies() external view returns (int256 deltaBase, int256 equityQuote) {
        if (isGivenUp()) return (0, 0);
        VenueMood memory mood = venue.mood();
        return (mood.deltaLieBase, mood.equityLieQuote);
    }

    /// @notice The truth at the oracle's price. Leaves no trace.
    function truth() external returns (Truth memory found) {
        try this.revealTruth() {
            assert(false);
        } catch (bytes memory reason) {
            require(bytes4(reason) == World_Truth.selector, "no truth");
            // Drops the selector: what follows are the words of one static struct.
            assembly ("memory-safe") {
                mstore(add(reason, 4), sub(mload(reason), 4))
                reason := add(reason, 4)
            }
            found = abi.decode(reason, (Truth));
        }
    }

    /// @dev Always reverts, with the truth: it lets the pool itself count the fees, which must not last.
    function revealTruth() external {
        Truth memory t;
        t.priceWad = oraclePriceWad();
        t.supply = vault.totalSupply();
        t.feeShares = vault.balanceOf(feeRecipient);
        (uint256 heldBase, uint256 heldQuote) = vault.idle();
        uint160 sqrtPriceX96 = PriceMath.sqrtPriceX96Of(t.priceWad, SCALE, baseIsToken0);
        RangePosition[] memory ranges = liquidity.ranges();
        for (uint256 i = 0; i < ranges.length; ++i) {
            (uint256 b, uint256 q) = _rangeWorth(ranges[i], sqrtPriceX96);
            heldBase += b;
            heldQuote += q;
        }
        (uint256 debt, uint256 margin) = (venue.debtOf(address(hedge)), venue.collateralOf(address(hedge)));
        if (isGivenUp()) (debt, margin) = (0, 0);
        heldQuote += margin;
        t.grossQuote = heldQuote + PriceMath.quoteOf(heldBase, t.priceWad, SCALE, Math.Rounding.Floor);
        t.deltaBase = int256(heldBase) - int256(debt);
        int256 owed = int256(PriceMath.quoteOf(debt, t.priceWad, SCALE, Math.Rounding.Ceil));
        t.equityQuote = int256(margin) - owed;
        // Nobody has to pay more than the margin back.
        t.navQuote = int256(t.grossQuote) - SignedMath.min(owed, int256(margin));
        revert World_Truth(t);
    }

    function _rangeWorth(RangePosition memory range, uint160 sqrtPriceX96) private returns (uint256 b, uint256 q) {
        vm.prank(address(liquidity));
        pool.burn(range.tickLower, range.tickUpper, 0);
        (, , , uint128 owed0, uint128 owed1) = pool.positions(
            keccak256(abi.encodePacked(address(liquidity), range.tickLower, range.tickUpper))
        );
        (b, q) = _amounts(sqrtPriceX96, range.tickLower, range.tickUpper, range.liquidity, false);
        (b, q) = baseIsToken0 ? (b + owed0, q + owed1) : (b + owed1, q + owed0);
    }

    /// @dev With the pool's own arithmetic.
    function _amounts(
        uint160 spot,
        int24 tickLower,
        int24 tickUpper,
        uint128 amount,
        bool roundUp
    ) private view returns (uint256 baseAmount, uint256 quoteAmount) {
        (uint160 low, uint160 high) = (TickMath.getSqrtRatioAtTick(tickLower), TickMath.getSqrtRatioAtTick(tickUpper));
        uint160 here =
            spot < low
                ? low
                : spot > high
                    ? high
                    : spot;
        uint256 amount0 = SqrtPriceMath.getAmount0Delta(here, high, amount, roundUp);
        uint256 amount1 = SqrtPriceMath.getAmount1Delta(low, here, amount, roundUp);
        return baseIsToken0 ? (amount0, amount1) : (amount1, amount0);
    }

    // --- how it is made

    function _deploy(string memory artifact, bytes memory args) private returns (address) {
        return deployCode(bytes.concat(vm.getCode(artifact), args));
    }

    function _person(string memory name) private pure returns (address) {
        return address(uint160(uint256(keccak256(bytes(name)))));
    }

    function _deployTokens(bool baseFirst) private returns (StandInToken b, StandInToken q) {
        q = StandInToken(_deploy(TOKEN, abi.encode("Quote", "QUOTE", 6)));
        do b = StandInToken(_deploy(TOKEN, abi.encode("Base", "BASE", 18))); while (
            baseFirst != (address(b) < address(q))
        );
    }

    function _deployPool() private returns (IUniswapV3Pool made) {
        address uniswap = deployCode(vm.parseJsonBytes(vm.readFile(UNISWAP_FACTORY), ".bytecode"));
        made = IUniswapV3Pool(IUniswapV3FactoryAndPool(uniswap).createPool(address(base), address(quote), FEE_PIPS));
        IUniswapV3FactoryAndPool(address(made)).initialize(
            PriceMath.sqrtPriceX96Of(START_PRICE_WAD, SCALE, baseIsToken0)
        );
        IUniswapV3FactoryAndPool(address(made)).increaseObservationCardinalityNext(OBSERVATIONS);
        base.mint(address(market), 1e12 ether);
        quote.mint(address(market), 1e18);
        (, int24 tick, , , , , ) = made.slot0();
        int24 centre = (tick / TICK_SPACING) * TICK_SPACING;
        // Wide enough for every price that the market of the suites can reach: factor 20 either way.
        (int24 lower, int24 upper) = (centre - 30_000, centre + 30_000);
        (, uint256 quoteOfUnit) = _amountsAt(made, lower, upper);
        market.mint(made, address(market), lower, upper, uint128((MARKET_DEPTH_QUOTE * 1e12) / quoteOfUnit));
    }

    function _amountsAt(IUniswapV3Pool made, int24 lower, int24 upper) private view returns (uint256, uint256) {
        (uint160 spot, , , , , , ) = made.slot0();
        return _amounts(spot, lower, upper, 1e12, true);
    }

    /// @dev ChainlinkOracleConfig, all static words.
    function _oracleArgs() private view returns (bytes memory) {
        return
            bytes.concat(
                abi.encode(address(pool), address(base), address(baseFeed), address(quoteFeed), address(0)),
                abi.encode(3_900, 87_000, 3_600), // heartbeats and the sequencer's grace
                abi.encode(300, 100, 200, 100, 50) // average window; spot, average and peg deviation; band, in bps
            );
    }

    /// @dev RealizedVolatilityConfig, all static words: a day in two-hour parts, or what there is down to half an hour.
    function _volatilityArgs() private view returns (bytes memory) {
        return abi.encode(address(pool), 86_400, 1_800, 3_600, 12);
    }

    /// @dev The linked libraries of the vault.
    function _libraries() private pure returns (string[] memory names) {
        names = new string[](5);
        (names[0], names[1], names[2]) = ("AdapterChanges", "Operations", "Unwinder");
        (names[3], names[4]) = ("Valuation", "VaultFees");
    }

    function _vaultSpec(WorldSpec memory wanted) private returns (IVaultFactory.VaultSpec memory spec) {
        address liquidityCode = _deploy(
            "contracts/liquidity/UniswapV3Liquidity.sol:UniswapV3Liquidity",
            abi.encode(IUniswapV3FactoryAndPool(address(pool)).factory())
        );
        spec.authority = address(authority);
        (spec.base, spec.quote, spec.oracle) = (address(base), address(quote), address(oracle));
        spec.volatility = _deploy("contracts/oracles/RealizedVolatility.sol:RealizedVolatility", _volatilityArgs());
        (address token0, address token1) = (pool.token0(), pool.token1());
        // The vault's address comes first and is the factory's to add.
        spec.liquidity = IVaultFactory.AdapterSpec(
            liquidityCode,
            abi.encode(address(pool), token0, token1, baseIsToken0, SCALE)
        );
        spec.hedges = new IVaultFactory.AdapterSpec[](1);
        address hedgeCode = _deploy("test/contracts/MarginHedge.sol:MarginHedge", "");
        registry.admit(liquidityCode, AdapterKind.Liquidity);
        registry.admit(hedgeCode, AdapterKind.Hedge);
        spec.hedges[0] = IVaultFactory.AdapterSpec(
            hedgeCode,
            abi.encode(address(venue), address(base), address(quote), SCALE)
        );
        spec.policy = wanted.policy;
        if (wanted.hasFees) {
            (spec.feeRecipient, spec.managementBps, spec.performanceBps) = (feeRecipient, 200, 2_000);
        }
        spec.depositCapQuote = type(uint88).max;
        (spec.name, spec.symbol) = ("Hedgerow under attack", "hrATT");
    }

    function _grantRoles() private {
        bytes4[] memory one = new bytes4[](1);
        one[0] = IHedgedVault.rebalance.selector;
        authority.setTargetFunctionRole(address(vault), one, KEEPER_ROLE);
        bytes4[] memory three = new bytes4[](3);
        (three[0], three[1]) = (IVault.pauseDeposits.selector, IVault.startWindDown.selector);
        three[2] = IVault.pauseKeeper.selector;
        authority.setTargetFunctionRole(address(vault), three, GUARDIAN_ROLE);
        authority.grantRole(KEEPER_ROLE, keeper, 0);
        authority.grantRole(GUARDIAN_ROLE, guardian, 0);
    }
}
