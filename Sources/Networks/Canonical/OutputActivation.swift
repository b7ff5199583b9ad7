internal import Tensors

/// What turns a network's last values (logits) into the probabilities that it answers.
public enum OutputActivation: String, Hashable, Sendable, CaseIterable {
  /// Probabilities over classes that exclude each other.
  case softmax
  /// A probability for each output by itself.
  case sigmoid
  /// The values are the answer.
  case none
}

extension Graph {
  /// Splits off a Softmax, LogSoftmax or Sigmoid at the end: the values before it are the logits.
  func splittingOutputActivation() -> (graph: Graph, activation: OutputActivation?) {
    // Reshapes after it only rename values.
    var tail: [Int] = []
    var value = output
    while let at = nodes.firstIndex(where: { $0.output == value }) {
      let node = nodes[at]
      let shape = self.shape(of: node.output)
      if node.operation is Reshape || node.operation is Transpose {
        tail.append(at)
        value = node.inputs[0]
        continue
      }
      let activation: OutputActivation
      switch node.operation {
      case let softmax as Softmax where softmax.normalizesClasses(of: shape): activation = .softmax
      case is Sigmoid: activation = .sigmoid
      default: return (self, nil)
      }
      var copy = self
      if tail.isEmpty {
        copy.output = node.inputs[0]
      } else if let first = tail.last {
        let after = nodes[first]
        copy.nodes[first] = Node(
          name: after.name, type: after.type, operation: after.operation, inputs: node.inputs, output: after.output)
      }
      copy.nodes.remove(at: at)
      return (copy.withoutDeadNodes(), activation)
    }
    return (self, nil)
  }
}
