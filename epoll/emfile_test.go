package epoll

const childEnv = "EPOLL_TEST_CHILD"

func starvedServer() {}
