#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Logarithms and powers of the C library.
enum Logarithm {
  static func natural(_ x: Double) -> Double { log(x) }
  static func power(_ x: Double, _ exponent: Double) -> Double { pow(x, exponent) }
}
