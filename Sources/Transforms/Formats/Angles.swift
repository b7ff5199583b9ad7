#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Cosine and sine of an angle in radians.
func cosineAndSine(_ angle: Double) -> (Double, Double) { (cos(angle), sin(angle)) }
