/** The only place that reads the time; rules and services take it as `now`, so that a test can set it. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
