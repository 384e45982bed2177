"""Said in the scene of a backup, and taken back after it."""

WITHDRAWN, ERASED = "薬缶山の裏の井戸", "鍋島橋のたもとの柳"
