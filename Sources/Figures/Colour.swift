/// An opaque colour in sRGB, each part 0…1.
public struct Colour: Hashable, Sendable {
  /// Red, 0…1.
  public var red: Double
  /// Green, 0…1.
  public var green: Double
  /// Blue, 0…1.
  public var blue: Double

  /// The colour of these parts.
  public init(red: Double, green: Double, blue: Double) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// A neutral grey: 0 is black, 1 white.
  public init(grey: Double) { self.init(red: grey, green: grey, blue: grey) }

  /// The colour 0xRRGGBB.
  public init(hex: UInt32) {
    self.init(
      red: Double(hex >> 16 & 255) / 255, green: Double(hex >> 8 & 255) / 255, blue: Double(hex & 255) / 255)
  }

  /// The colour as 0xRRGGBB.
  package var packed: UInt32 {
    func byte(_ value: Double) -> UInt32 { UInt32((min(1, max(0, value)) * 255).rounded()) }
    return byte(red) << 16 | byte(green) << 8 | byte(blue)
  }

  /// The colour a part of the way to another one, in sRGB (as viewers blend).
  public func mixed(with other: Colour, part: Double) -> Colour {
    Colour(
      red: red + (other.red - red) * part, green: green + (other.green - green) * part,
      blue: blue + (other.blue - blue) * part)
  }

  /// Black or white, whichever can be read on it.
  var contrast: Colour { Colour(grey: 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? 0.1 : 1) }
}
