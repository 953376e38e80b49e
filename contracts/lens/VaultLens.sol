// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {HedgedVault} from "../HedgedVault.sol";
import {IUniswapV3Pool} from "../interfaces/external/IUniswapV3Pool.sol";
import {HedgeState, IHedge} from "../interfaces/IHedge.sol";
import {LiquidityState, RangePosition} from "../interfaces/ILiquidity.sol";
import {IPriceOracle, OracleReading} from "../interfaces/IPriceOracle.sol";
import {PolicyParams} from "../interfaces/IRiskPolicy.sol";
import {RiskPolicy} from "../RiskPolicy.sol";
import {UniswapV3Liquidity} from "../liquidity/UniswapV3Liquidity.sol";
import {AdapterChange, FeeLedgerState, FeeTerms} from "../vault/VaultState.sol";
import {Book, Pair} from "../types/VaultTypes.sol";

struct TokenView {
    address token;
    uint8 decimals;
    string symbol;
}

struct PoolView {
    address pool;
    uint24 feePips;
    int24 tickSpacing;
    uint160 sqrtPriceX96;
    int24 tick;
    uint128 liquidity;
    bool baseIsToken0;
}

/// @param pendingDeltaBase How the delta changes when the order that waits for the venue is executed; 0 when none waits.
/// @param waitingQuote Quote that the venue paid out already and the hedge hands over at its next adjustment; in the equity.
/// @param nativeWei ETH of the hedge, for a venue that wants its execution paid in it.
struct HedgeView {
    address hedge;
    string venue;
    uint256 marginFactorWad;
    HedgeState state;
    int256 pendingDeltaBase;
    uint256 waitingQuote;
    uint256 nativeWei;
}

struct QueueView {
    uint256 head;
    uint256 tail;
    uint256 headSettledShares;
    uint256 pendingShares;
    uint256 reservedQuote;
}

/// @notice Everything a keeper decides on, of one block. Book, liquidity and hedge states are zero when the oracle has
/// no price at all (`reading.priceWad` = 0): the reader must look at the flags first.
struct VaultView {
    address vault;
    string name;
    string symbol;
    uint8 shareDecimals;
    uint256 totalSupply;
    uint64 epoch;
    bool depositsPaused;
    bool keeperPaused;
    bool windDown;
    bool degraded;
    uint256 depositCapQuote;
    TokenView base;
    TokenView quote;
    address oracle;
    OracleReading reading;
    Book book;
    uint256 idleBase;
    uint256 idleQuote;
    PoolView pool;
    RangePosition[] ranges;
    LiquidityState liquidity;
    HedgeView[] hedges;
    QueueView queue;
    address policy;
    PolicyParams params;
    uint256 bucketQuote;
    uint256 turnoverBucketQuote;
    uint256 healthFloorNowWad;
    uint256 volatilityBps;
    uint256 lastActionAt;
    FeeTerms fees;
    FeeLedgerState ledger;
    AdapterChange change;
}

/// @notice `ok` false: this vault could not be read, and `reason` is the revert data. Unknown is never zero.
struct VaultResult {
    bool ok;
    bytes reason;
    VaultView state;
}

/// @title Whole state of many vaults in one call. Holds nothing, is never called by production code.
contract VaultLens {
    /// @notice Reads vaults one by one; a vault that fails does not hide the others.
    function read(
        address[] calldata vaults
    ) external view returns (uint256 blockNumber, uint256 timestamp, VaultResult[] memory results) {
        blockNumber = block.number;
        timestamp = block.timestamp;
        results = new VaultResult[](vaults.length);
        for (uint256 i = 0; i < vaults.length; ++i) {
            try this.readOne(HedgedVault(vaults[i])) returns (VaultView memory state) {
                results[i].ok = true;
                results[i].state = state;
            } catch (bytes memory reason) {
                results[i].reason = reason;
            }
        }
    }

    /// @notice Reads one vault; reverts with whatever its parts revert with.
    function readOne(HedgedVault vault) external view returns (VaultView memory v) {
        Pair memory a = vault.pair();
        v.vault = address(vault);
        v.name = vault.name();
        v.symbol = vault.symbol();
        v.shareDecimals = vault.decimals();
        v.totalSupply = vault.totalSupply();
        v.epoch = vault.epoch();
        v.depositsPaused = vault.depositsPaused();
        v.keeperPaused = vault.keeperPaused();
        v.windDown = vault.windDown();
        v.degraded = vault.degraded();
        v.depositCapQuote = vault.depositCapQuote();
        v.base = _token(a.base);
        v.quote = _token(a.quote);
        v.oracle = a.oracle;
        v.reading = IPriceOracle(a.oracle).read(true);
        (v.idleBase, v.idleQuote) = vault.idle();
        v.pool = _pool(UniswapV3Liquidity(address(vault.liquidity())));
        v.ranges = vault.liquidity().ranges();
        v.queue = QueueView({
            head: vault.queueHead(),
            tail: vault.queueTail(),
            headSettledShares: vault.headSettledShares(),
            pendingShares: vault.balanceOf(address(vault)),
            reservedQuote: vault.reservedQuote()
        });
        v.policy = address(vault.policy());
        v.params = vault.policy().params();
        v.lastActionAt = vault.policy().lastActionAt();
        v.healthFloorNowWad = vault.policy().healthFloorNowWad();
        v.volatilityBps = RiskPolicy(address(vault.policy())).volatility().volatilityBps();
        v.fees = vault.feeTerms();
        v.ledger = vault.feeLedger();
        v.change = vault.adapterChange();
        v.hedges = _hedges(vault, a.quote, v.reading.priceWad);
        if (v.reading.priceWad != 0) {
            (v.book, ) = vault.book();
            v.liquidity = vault.liquidity().read(v.reading.priceWad, v.reading.bandBps);
            v.bucketQuote = vault.policy().bucketQuote(v.book.navQuote);
            v.turnoverBucketQuote = vault.policy().turnoverBucketQuote(v.book.navQuote);
        }
    }

    function _hedges(
        HedgedVault vault,
        address quote,
        uint256 priceWad
    ) private view returns (HedgeView[] memory views) {
        address[] memory list = vault.hedges();
        views = new HedgeView[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            IHedge hedge = IHedge(list[i]);
            views[i].hedge = list[i];
            views[i].venue = hedge.venue();
            views[i].marginFactorWad = hedge.marginFactorWad();
            views[i].waitingQuote = IERC20(quote).balanceOf(list[i]);
            views[i].nativeWei = list[i].balance;
            if (priceWad == 0) continue;
            views[i].state = hedge.read(priceWad);
            views[i].pendingDeltaBase = hedge.pendingDeltaBase();
        }
    }

    function _pool(UniswapV3Liquidity adapter) private view returns (PoolView memory p) {
        IUniswapV3Pool pool = IUniswapV3Pool(adapter.pool());
        p.pool = address(pool);
        p.feePips = pool.fee();
        p.tickSpacing = pool.tickSpacing();
        (p.sqrtPriceX96, p.tick, , , , , ) = pool.slot0();
        p.liquidity = pool.liquidity();
        p.baseIsToken0 = adapter.args().baseIsToken0;
    }

    function _token(address token) private view returns (TokenView memory) {
        return
            TokenView({
                token: token,
                decimals: IERC20Metadata(token).decimals(),
                symbol: IERC20Metadata(token).symbol()
            });
    }
}
