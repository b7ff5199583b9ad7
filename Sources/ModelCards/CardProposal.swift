/// A model card in words: what is known of a network, line by line, with what it is known from; what is not known is commented out.
public struct CardProposal: Hashable, Sendable {
  /// One key with its value as YAML writes it.
  public struct Line: Hashable, Sendable {
    /// The key.
    public var key: String
    /// Its value; nil: not known.
    public var value: String?
    /// What it stands for, or what it was read from.
    public var comment: String

    /// A line.
    public init(_ key: String, _ value: String?, _ comment: String) {
      self.key = key
      self.value = value
      self.comment = comment
    }
  }

  /// What stands above everything.
  public var heading: [String] = []
  /// The network's name.
  public var name: String?
  /// What is found of `input`, by key.
  public var input: [Line] = []
  /// The further inputs.
  public var inputs: [Line] = []
  /// What is found of `output`, by key.
  public var output: [Line] = []

  /// An empty proposal.
  public init() {}

  /// Lines that a card may have, with what to write where nothing is known.
  private static let usual: [Line] = [
    Line("axes", nil, "ijk: D, H, W are nibabel's i, j, k; kji for SimpleITK and TensorFlow"),
    Line("orientation", nil, "RAS: reorient the scan to these axis codes first"),
    Line("spacing", nil, "[1, 1, 1]: resample to these voxel sizes, mm"),
    Line("shape", nil, "[160, 192, 160]: crop or pad to this, about the centre"),
    Line("clip", nil, "[0, 1500]: bound intensities first"),
    Line("normalization", nil, "zscore, minmax, {mean: m, std: s} or {percentile: [1, 99]}"),
    Line("scale", nil, "[-1, 1]: what 0 and 1 of minmax and percentile become"),
    Line("mask", nil, "nonzero: statistics over voxels that are not 0"),
    Line("keep_zeros", nil, "true: voxels of 0 stay 0"),
    Line("background", nil, "the network's \"nothing here\", in normalized units"),
  ]

  /// The card as YAML: what is known as keys, what is not as comments.
  public var yaml: String {
    var lines = heading.map { "# \($0)" }
    if let name { lines.append("name: \(Self.quoted(name))") }
    var keys = Self.usual
    for line in input {
      if let place = keys.firstIndex(where: { $0.key == line.key }) { keys[place] = line } else { keys.append(line) }
    }
    lines.append("input:")
    lines += Self.block(keys)
    if !inputs.isEmpty {
      lines.append(inputs.contains { $0.value != nil } ? "inputs:" : "#inputs:")
      lines += Self.block(inputs)
    }
    lines.append("output:")
    lines += Self.block(output)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func block(_ lines: [Line]) -> [String] {
    lines.map { line in
      let start = line.value.map { "  \(line.key): \($0)" } ?? "  #\(line.key):"
      return start.padding(to: 34) + "# " + line.comment
    }
  }

  /// Text as a YAML scalar.
  public static func quoted(_ text: String) -> String {
    let plain = text.allSatisfy { $0.isLetter || $0.isNumber || " _-.".contains($0) }
    let isWord =
      plain && text.first?.isLetter == true && text.last != " "
      && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(text.lowercased())
    return isWord ? text : "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  /// A list of texts as YAML.
  public static func list(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ", ") + "]" }

  /// A list of numbers as YAML.
  public static func list(_ numbers: [Double]) -> String { "[" + numbers.map(number).joined(separator: ", ") + "]" }

  /// A number without a needless `.0`.
  static func number(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    count + 2 > width ? self + "  " : self + String(repeating: " ", count: width - count)
  }
}
