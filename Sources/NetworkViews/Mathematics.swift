#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// x to a power, of the C library.
func raise(_ x: Double, _ power: Double) -> Double { pow(x, power) }
