// For tsc: the types of what is vendored are not looked at.
declare const uPlot: any;
export default uPlot;
