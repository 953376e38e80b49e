/** Days in the year of every annual figure. Crypto trades every day, so no 252-day convention appears anywhere. */
export const DAYS_PER_YEAR = 365;

/** Seconds in that year: 31,536,000. */
export const SECONDS_PER_YEAR = DAYS_PER_YEAR * 86_400;

/** Basis points in 1. */
export const BPS_PER_UNIT = 10_000;
