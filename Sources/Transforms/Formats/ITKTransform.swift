internal import PellucidFaults
internal import PellucidVolumes

/// A linear transform as ITK writes it: points of the fixed image to points of the moving image, mm, LPS+.
struct ITKTransform {
  /// The class, such as `AffineTransform`, without scalar type and dimensions.
  let name: String
  let parameters: [Double]
  let fixed: [Double]

  /// - Parameter type: such as `AffineTransform_double_3_3`.
  init(type: String, parameters: [Double], fixed: [Double], _ path: String) throws(PellucidError) {
    let parts = type.split(separator: "_").map(String.init)
    name = parts.first ?? type
    if parts.count >= 3, parts.suffix(2) != ["3", "3"] {
      throw .unknownTransform(path, why: "its \(name) is not of three dimensions")
    }
    self.parameters = parameters
    self.fixed = fixed
    guard parameters.allSatisfy(\.isFinite), fixed.allSatisfy(\.isFinite) else {
      throw .unknownTransform(path, why: "its \(name) has parameters that are NaN or infinite")
    }
  }

  static func names(of transforms: [ITKTransform]) -> String { transforms.map(\.name).joined(separator: " + ") }

  /// The transforms of a text file.
  static func list(of text: String, _ path: String) throws(PellucidError) -> [ITKTransform] {
    var out: [ITKTransform] = []
    var type: String?
    var parameters: [Double] = []
    for line in text.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":"), !line.hasPrefix("#") else { continue }
      let key = line[..<colon]
      let words = line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace)
      switch key {
      case "Transform":
        type = words.first.map(String.init)
        parameters = []
        // A composite has no parameters of its own.
        if type?.hasPrefix("CompositeTransform") == true { type = nil }
      case "Parameters": parameters = try numbers(words, path)
      case "FixedParameters":
        if let given = type {
          out.append(
            try ITKTransform(type: given, parameters: parameters, fixed: try numbers(words, path), path))
        }
        type = nil
      default: continue
      }
    }
    guard !out.isEmpty else { throw .unknownTransform(path, why: "it is an ITK file without a transform") }
    return out
  }

  private static func numbers(_ words: [Substring], _ path: String) throws(PellucidError) -> [Double] {
    var out: [Double] = []
    for word in words {
      guard let number = Double(word) else {
        throw .unknownTransform(path, why: "it is an ITK file in which '\(word)' stands for a number")
      }
      out.append(number)
    }
    return out
  }

  /// The transforms of a binary file: a variable named after the class, then one named `fixed`.
  static func list(of variables: MatlabVariables, _ path: String) throws(PellucidError) -> [ITKTransform] {
    var out: [ITKTransform] = []
    var place = 0
    let all = variables.all
    while place + 1 < all.count {
      guard all[place + 1].name == "fixed" else { break }
      out.append(
        try ITKTransform(
          type: all[place].name, parameters: all[place].values, fixed: all[place + 1].values, path))
      place += 2
    }
    guard place == all.count, !out.isEmpty else {
      let names = all.map(\.name).joined(separator: ", ")
      throw .unknownTransform(path, why: "it is a MATLAB 4 file with the variables \(names), not one of ITK's")
    }
    return out
  }

  /// The whole file as one map, RAS+; of several transforms the last acts first, as in ITK's composites.
  static func affine(of transforms: [ITKTransform], _ path: String) throws(PellucidError) -> Affine {
    var out = Affine.identity
    for transform in transforms.reversed() { out = try transform.affine(path).composed(with: out) }
    return out.mirrored
  }

  /// y = M·(x − c) + t + c, LPS+.
  private func affine(_ path: String) throws(PellucidError) -> Affine {
    func need(_ count: Int, _ centre: Int = 3) throws(PellucidError) {
      guard parameters.count == count, fixed.count >= centre else {
        throw .unknownTransform(
          path,
          why:
            "its \(name) has \(parameters.count) parameters and \(fixed.count) fixed ones, \(count) and \(centre) are wanted"
        )
      }
    }
    switch name {
    case "AffineTransform", "MatrixOffsetTransformBase":
      try need(12)
      return centred(Array(parameters[..<9]), Array(parameters[9...]))
    case "Euler3DTransform":
      try need(6)
      let order = fixed.count > 3 && fixed[3] != 0
      return centred(Self.euler(Array(parameters[..<3]), zyx: order), Array(parameters[3...]))
    case "VersorTransform":
      try need(3)
      return centred(Self.versor(parameters, scale: 1), [0, 0, 0])
    case "VersorRigid3DTransform":
      try need(6)
      return centred(Self.versor(Array(parameters[..<3]), scale: 1), Array(parameters[3...]))
    case "Similarity3DTransform":
      try need(7)
      return centred(Self.versor(Array(parameters[..<3]), scale: parameters[6]), Array(parameters[3..<6]))
    case "TranslationTransform":
      try need(3, 0)
      return Affine(elements: [1, 0, 0, parameters[0], 0, 1, 0, parameters[1], 0, 0, 1, parameters[2]])
    case "IdentityTransform": return .identity
    default: throw .itkClass(path, name: name)
    }
  }

  private func centred(_ m: [Double], _ shift: [Double]) -> Affine {
    var out = Affine.identity
    for row in 0..<3 {
      var offset = shift[row] + fixed[row]
      for column in 0..<3 {
        out[row, column] = m[3 * row + column]
        offset -= m[3 * row + column] * fixed[column]
      }
      out[row, 3] = offset
    }
    return out
  }

  /// Rotations about x, y, z: R_z·R_x·R_y, or R_z·R_y·R_x.
  private static func euler(_ angles: [Double], zyx: Bool) -> [Double] {
    let (cx, sx) = cosineAndSine(angles[0])
    let (cy, sy) = cosineAndSine(angles[1])
    let (cz, sz) = cosineAndSine(angles[2])
    let x = Affine(elements: [1, 0, 0, 0, 0, cx, -sx, 0, 0, sx, cx, 0])
    let y = Affine(elements: [cy, 0, sy, 0, 0, 1, 0, 0, -sy, 0, cy, 0])
    let z = Affine(elements: [cz, -sz, 0, 0, sz, cz, 0, 0, 0, 0, 1, 0])
    let r = zyx ? z.composed(with: y.composed(with: x)) : z.composed(with: x.composed(with: y))
    return (0..<9).map { r[$0 / 3, $0 % 3] }
  }

  /// The rotation of a unit quaternion's vector part, times a scale.
  private static func versor(_ v: [Double], scale: Double) -> [Double] {
    let r = Affine(quaternion: v, sizes: [1, 1, 1], offset: [0, 0, 0])
    return (0..<9).map { scale * r[$0 / 3, $0 % 3] }
  }
}

extension Affine {
  /// The same map of a world whose x and y run the other way: LPS+ ↔ RAS+.
  var mirrored: Affine {
    var out = self
    let signs = [-1.0, -1, 1]
    for row in 0..<3 {
      for column in 0..<3 { out[row, column] *= signs[row] * signs[column] }
      out[row, 3] *= signs[row]
    }
    return out
  }
}
