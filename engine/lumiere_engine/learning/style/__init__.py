"""Learning a style: key frames painted from one picture, and the network taught to paint like key frames."""
