#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Functions of the C library that disturbances need.
enum Rotation {
  static func of(degrees: Double) -> (cosine: Double, sine: Double) {
    (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
  }
  static func exponential(_ x: Double) -> Double { exp(x) }
  static func power(_ x: Double, _ exponent: Double) -> Double { pow(x, exponent) }
}
