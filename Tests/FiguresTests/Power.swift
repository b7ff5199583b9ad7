#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// x to the power of y.
func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }

/// The sine of an angle in radians.
func sine(_ x: Double) -> Double { sin(x) }
