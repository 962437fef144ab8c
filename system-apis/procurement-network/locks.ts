/** Classes of our advisory locks; the second half of each key is a hash of what is locked. Fixed for good. */
export const LOCKS = {
  /** Held while the moment of an order's sending is given, by supplier. */
  sentMoment: 730_101,
  /** Held while an interchange is taken in, by sender and control number. */
  interchange: 730_102,
  /** Held by the one process that polls, by channel. */
  inbox: 730_103,
} as const;
