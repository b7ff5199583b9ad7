/// What turns a network's last values (logits) into the probabilities that it answers; the words of a model card.
public enum OutputActivation: String, Hashable, Sendable, CaseIterable {
  /// Probabilities over classes that exclude each other.
  case softmax
  /// A probability for each output by itself.
  case sigmoid
  /// The values are the answer.
  case none
}
