// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {HedgeFlow} from "../../../contracts/interfaces/IHedge.sol";
import {IPriceOracle, OracleReading} from "../../../contracts/interfaces/IPriceOracle.sol";
import {IVaultTill} from "../../../contracts/interfaces/IVaultTill.sol";
import {Pair} from "../../../contracts/types/VaultTypes.sol";
import {ScriptedFeed} from "../../contracts/ScriptedFeed.sol";
import {IGmxHedge} from "./GmxProduction.sol";

/// @title What the hedge asks of its vault, and no more: a till, a price and a slippage bound. What is fuzzed is the hedge, so
/// nothing here keeps anybody from asking it for nonsense.
contract GmxTill is IVaultTill, IPriceOracle {
    using SafeERC20 for IERC20;

    uint256 public constant SCALE = 1e30;
    uint256 private constant BASE_UNIT = 1e18;

    address public immutable base;
    address public immutable quote;
    ScriptedFeed public immutable quoteFeed = new ScriptedFeed(8);
    IGmxHedge public immutable hedge;
    uint256 public priceWad;

    error GmxTill_OnlyHedge(address caller);

    constructor(address base_, address quote_, address hedgeCode, address market) {
        (base, quote) = (base_, quote_);
        bytes memory args = abi.encode(address(this), market, base_, quote_, quoteFeed, SCALE, BASE_UNIT);
        hedge = IGmxHedge(Clones.cloneWithImmutableArgs(hedgeCode, args));
    }

    function setPrice(uint256 priceWad_) external {
        priceWad = priceWad_;
        quoteFeed.set(1e8, block.timestamp, block.timestamp);
    }

    // --- what the hedge asks

    function pair() external view returns (Pair memory) {
        return Pair(base, quote, address(this), SCALE);
    }

    function pay(address token, uint256 amount, address to) external {
        if (msg.sender != address(hedge)) revert GmxTill_OnlyHedge(msg.sender);
        IERC20(token).safeTransfer(to, amount);
    }

    function policy() external view returns (address) {
        return address(this);
    }

    function maxSlippageBps() external pure returns (uint256) {
        return 100;
    }

    function read(bool) external view returns (OracleReading memory) {
        return OracleReading(priceWad, 0, 50);
    }

    function spotFlags(uint256) external pure returns (uint256) {
        return 0;
    }

    // --- what the vault asks

    function adjust(int256 deltaChangeBase, int256 marginChangeQuote) external returns (HedgeFlow memory) {
        return hedge.adjust(deltaChangeBase, marginChangeQuote);
    }

    function unwind(uint256 numerator, uint256 denominator) external returns (HedgeFlow memory) {
        return hedge.unwind(numerator, denominator);
    }

    function unwindInKind(
        uint256 numerator,
        uint256 denominator,
        address receiver
    ) external returns (HedgeFlow memory) {
        return hedge.unwindInKind(numerator, denominator, receiver);
    }

    function reconcile() external returns (bool) {
        return hedge.reconcile();
    }
}
