/** How fast the hospital lives on a day that is run for its own sake: hours of suppliers and limits of approvals in a moment. */
export interface Pace {
  /** Environment of every process. */
  env: Record<string, string>;
  /** How long the books must stand still before what is missing counts as missing. */
  stillMs: number;
  limitMs: number;
  /** Over how long work is spread. */
  spreadMs: number;
}

/**
 * @param withFaults everything takes longer when processes are killed; an approver who is only slow must not count as
 *   silent, for that would change the outcome
 */
export function paceOf(patients: number, withFaults: boolean): Pace {
  const approvalLimitMs = withFaults ? 30_000 : Math.max(5_000, patients * 100);
  return {
    env: {
      APPROVAL_LIMIT_MS: String(approvalLimitMs),
      MS_PER_HOUR: withFaults ? '20' : '8',
      ERP_JOB_DELAY_MS: '20', JOURNAL_SETTLE_MS: '4000',
      NETWORK_QUOTA: '200', NETWORK_BURST: '200',
      LOG_LEVEL: 'warn',
    },
    stillMs: approvalLimitMs + (withFaults ? 20_000 : 4_000),
    limitMs: approvalLimitMs + (withFaults ? 300_000 : 90_000) + patients * 1_000,
    spreadMs: withFaults ? 40_000 : 0,
  };
}
