// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {PolicyParams} from "../../contracts/interfaces/IRiskPolicy.sol";
import {Attacker} from "./handlers/Attacker.sol";
import {Bystanders} from "./handlers/Bystanders.sol";
import {Depositors} from "./handlers/Depositors.sol";
import {Keeper} from "./handlers/Keeper.sol";
import {Leavers} from "./handlers/Leavers.sol";
import {Market} from "./handlers/Market.sol";
import {Venue} from "./handlers/Venue.sol";
import {Ledger} from "./support/Ledger.sol";
import {VaultSuite} from "./support/VaultSuite.sol";
import {World, WorldSpec} from "./support/World.sol";

/// @dev A budget of 1 % a day, slippage of 1 %, a day until an exit in kind, an hour of grace for the keeper.
function _policy(
    uint16 maxDeltaBps,
    uint24 maxTurnoverBpsPerDay,
    uint16 minRangeTicks,
    uint24 cooldownSeconds,
    uint16 emergencyDeltaBps
) pure returns (PolicyParams memory p) {
    (p.maxDeltaBps, p.maxLossBpsPerDay, p.maxTurnoverBpsPerDay) = (maxDeltaBps, 100, maxTurnoverBpsPerDay);
    (p.maxSlippageBps, p.minRangeTicks, p.cooldownSeconds) = (100, minRangeTicks, cooldownSeconds);
    (p.exitDelaySeconds, p.keeperGraceSeconds, p.emergencyDeltaBps) = (1 days, 1 hours, emergencyDeltaBps);
    (p.healthFloorWad, p.healthPerVolatilityBps) = (1.15e18, 1_000);
}

// The runner fuzzes only contracts of the file that it was given, hence these.

contract AttackerHandler is Attacker {
    constructor(World world_, Ledger ledger_) Attacker(world_, ledger_) {}
}

contract BystandersHandler is Bystanders {
    constructor(World world_, Ledger ledger_) Bystanders(world_, ledger_) {}
}

contract DepositorsHandler is Depositors {
    constructor(World world_, Ledger ledger_) Depositors(world_, ledger_) {}
}

contract KeeperHandler is Keeper {
    constructor(World world_, Ledger ledger_) Keeper(world_, ledger_) {}
}

contract LeaversHandler is Leavers {
    constructor(World world_, Ledger ledger_) Leavers(world_, ledger_) {}
}

contract MarketHandler is Market {
    constructor(World world_, Ledger ledger_) Market(world_, ledger_) {}
}

contract VenueHandler is Venue {
    constructor(World world_, Ledger ledger_) Venue(world_, ledger_) {}
}

/// @notice Everybody at once, at a venue that may turn hostile.
contract VaultTest is VaultSuite {
    function setUp() external {
        _begin(new World(WorldSpec(false, _policy(500, 50_000, 200, 60, 1_000), false, 10_000e6)));
        _add(new DepositorsHandler(world, ledger));
        _add(new MarketHandler(world, ledger));
        _add(new KeeperHandler(world, ledger));
        _add(new AttackerHandler(world, ledger));
        _add(new BystandersHandler(world, ledger));
        _add(new VenueHandler(world, ledger));
        _add(new LeaversHandler(world, ledger));
    }

    function invariant_vault() external {
        invariants.check();
    }

    function _name() internal pure override returns (string memory) {
        return "vault";
    }
}

/// @notice A stolen keeper key with an accomplice at the pool; the other order of tokens, no cooldown, an honest venue.
contract KeeperTest is VaultSuite {
    function setUp() external {
        _begin(new World(WorldSpec(true, _policy(1_000, 1_000_000, 20, 0, 1_000), false, 1_000_000e6)));
        _add(new MarketHandler(world, ledger));
        _add(new KeeperHandler(world, ledger));
    }

    function invariant_keeper() external {
        invariants.check();
    }

    function _name() internal pure override returns (string memory) {
        return "keeper";
    }
}

/// @notice The attacker against a vault that starts empty, among depositors and an honest keeper: no early shares are safe
/// from inflation by accident.
contract AttackerTest is VaultSuite {
    function setUp() external {
        _begin(new World(WorldSpec(true, _policy(500, 100_000, 100, 0, 500), true, 0)));
        _add(new AttackerHandler(world, ledger));
        _add(new DepositorsHandler(world, ledger));
        _add(new MarketHandler(world, ledger));
        _add(new KeeperHandler(world, ledger));
        _add(new BystandersHandler(world, ledger));
    }

    function invariant_attacker() external {
        invariants.check();
    }

    function _name() internal pure override returns (string memory) {
        return "attacker";
    }
}
